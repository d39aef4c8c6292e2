"""The client of the provider's API."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias, TypeVar

from pydantic import SecretStr

from zettai.core.aossms.codes import ResponseCode
from zettai.core.aossms.statuses import Row, Status, read_status
from zettai.core.carriers import Carrier
from zettai.core.months import Month
from zettai.core.tracing import record_call
from zettai_worker.provider.answers import (
    check_canceled_tag,
    read_answer,
    read_reservation,
    read_rows,
    read_rows_of_tag,
    read_send_answer,
)
from zettai_worker.provider.billed_parts import read_billed_parts
from zettai_worker.provider.bodies import MAX_ANSWER_SIZE, MAX_LIST_SIZE, Body, read_body, read_object
from zettai_worker.provider.connection import BeforeSend
from zettai_worker.provider.errors import ProviderError
from zettai_worker.provider.messages import Reservation, Rows, SendAnswer, SendRequest
from zettai_worker.provider.secret_fields import SecretFields
from zettai_worker.provider.stopwatch import Stopwatch
from zettai_worker.provider.times import write_day, write_month
from zettai_worker.provider.transport import Timeouts, Transport

Value = TypeVar("Value")
Result = TypeVar("Result")
OfTag = TypeVar("OfTag", Status, Reservation)

SEND = "mt.json"
CHECK_RESERVATION = "checkreservation.json"
CANCEL_RESERVATION = "cancelreservation.json"
CANCEL_RESERVATIONS = "cancelreservationall.json"
STATUS = "status.json"
BILLED_PARTS = "separatedsuccesscount.json"

_PATH = "/p5/api/"
_SUCCESS = "success"

CallObserver: TypeAlias = Callable[[str, str, float], None]
"""Gets the endpoint, the outcome (`success` or the error's) and the seconds since the before-send hook returned."""

ErrorObserver: TypeAlias = Callable[[ProviderError], None]
"""Gets the error of each failed call."""

ThrottleObserver: TypeAlias = Callable[[timedelta | None], None]
"""Is called when the provider asks us to slow down. Gets its `Retry-After`, if it sent one."""

DateObserver: TypeAlias = Callable[[str], None]
"""Gets the `Date` header of each reply that has one."""


def _ignore(*_: object) -> None:
    """Do nothing."""


class ProviderClient:
    """Makes the provider's calls. All threads of a process share one client. Make it after a fork.

    Each method takes a before-send hook. It runs once, when the connection is ready and before the first byte is
    written. If there is no connection, it does not run. Each method raises `Ambiguous`, `NotSent` or `Refused` (see
    `errors`), or the error of its hook. No observer may raise an error.

    Args:
        base_url: `https://…`; `http://` for loopback only.
        token: the account's secret.
        client_id: the id of the account.
        sms_code: the sender code of calls that name none.
        connect_timeout: for the TCP connection and for the TLS handshake, each.
        read_timeout: the longest time without a byte from the provider.
        deadline: from the first byte written to the last one read; three times `read_timeout` by default.
        pool_size: the number of idle connections to keep, best one for each thread.
        ca_file: the authorities to trust in place of the public ones.
        on_call: observes each call.
        on_error: observes each error, after `on_call`.
        on_throttle: observes each request of the provider to slow down.
        on_date: observes the provider's clock.
        on_written: is called for each request with a before-send hook, by the same thread, when it is written.

    Raises:
        ValueError: the base URL would send the token unencrypted.
    """

    def __init__(
        self,
        *,
        base_url: str,
        token: SecretStr,
        client_id: str,
        sms_code: str,
        connect_timeout: timedelta,
        read_timeout: timedelta,
        deadline: timedelta | None = None,
        pool_size: int = 64,
        ca_file: Path | None = None,
        on_call: CallObserver = _ignore,
        on_error: ErrorObserver = _ignore,
        on_throttle: ThrottleObserver = _ignore,
        on_written: Callable[[], None] = _ignore,
        on_date: DateObserver = _ignore,
    ) -> None:
        self._client_id = client_id
        self._account = SecretFields({"token": token.get_secret_value(), "clientId": client_id})
        self._sms_code = sms_code
        self._on_call = on_call
        self._on_error = on_error
        self._on_throttle = on_throttle
        self._on_date = on_date
        timeouts = Timeouts(
            connect=connect_timeout.total_seconds(),
            read=read_timeout.total_seconds(),
            deadline=(deadline or 3 * read_timeout).total_seconds(),
        )
        self._transport = Transport(
            base_url, timeouts=timeouts, pool_size=pool_size, ca_file=ca_file, on_written=on_written
        )

    def send(self, request: SendRequest, *, before_send: BeforeSend | None = None) -> SendAnswer:
        """Send a message, or reserve it if it has a time."""
        fields = self._sender(request.sms_code) | request.to_fields()
        read = partial(read_send_answer, SEND, request=request)
        return self._call(SEND, fields, before_send, read, read_content=read_object, post=True)

    def check_reservations(
        self,
        *,
        client_tag: str | None = None,
        schedule_date: date | None = None,
        group_tag: str | None = None,
        sms_code: str | None = None,
        before_send: BeforeSend | None = None,
    ) -> Rows[Reservation]:
        """Return the reservations of a tag, see `status`, or those of a day and perhaps a group, see `statuses_of`.

        The provider returns only those of one sender code.

        Raises:
            ValueError: neither a tag nor a day is given.
        """
        if client_tag is not None:
            fields = self._sender(sms_code) | SecretFields({"clientTag": client_tag})
            return self._rows_of_tag(CHECK_RESERVATION, client_tag, fields, before_send, read_reservation)
        if schedule_date is None:
            raise ValueError("give a client tag or a day to search for")
        fields = self._sender(sms_code) | SecretFields(
            {"scheduleDate": write_day(schedule_date), "groupTag": group_tag}
        )
        return self._rows_of_day(CHECK_RESERVATION, fields, before_send, read_reservation)

    def cancel_reservation(self, client_tag: str, *, before_send: BeforeSend | None = None) -> None:
        """Cancel one reservation. `Refused` with code 130 means that the message was sent already."""
        fields = SecretFields({"clientTag": client_tag})
        read = partial(check_canceled_tag, CANCEL_RESERVATION, client_tag=client_tag)
        self._call(CANCEL_RESERVATION, fields, before_send, read)

    def cancel_reservations(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        group_tag: str | None = None,
        before_send: BeforeSend | None = None,
    ) -> None:
        """Cancel all reservations that match all filters. Both days are included.

        Raises:
            ValueError: there is no filter, or a blank one, which the provider could ignore.
        """
        if start is None and end is None and group_tag is None:
            raise ValueError("give a first day, a last day or a group tag; without any, all would be canceled")
        if group_tag is not None and not group_tag.strip():
            raise ValueError("the group tag is blank; the provider could ignore it and cancel all reservations")
        fields = SecretFields(
            {
                "startDate": write_day(start) if start else None,
                "endDate": write_day(end) if end else None,
                "groupTag": group_tag,
            }
        )
        self._call(CANCEL_RESERVATIONS, fields, before_send, _ignore)

    def cancel_all_reservations(self, *, confirm_client_id: str, before_send: BeforeSend | None = None) -> None:
        """Cancel every reservation of the account.

        Raises:
            ValueError: `confirm_client_id` is not the id of this account.
        """
        if confirm_client_id != self._client_id:
            raise ValueError("confirm_client_id is not the client id of this account; no reservation was canceled")
        self._call(CANCEL_RESERVATIONS, SecretFields({}), before_send, _ignore)

    def status(self, client_tag: str, *, before_send: BeforeSend | None = None) -> Rows[Status]:
        """Return the statuses of one message, and perhaps those of other tags that contain its tag.

        If no row has the tag, the provider does not show the message. If that is unsure, because a row is unreadable,
        this raises `Ambiguous`.
        """
        fields = SecretFields({"clientTag": client_tag})
        return self._rows_of_tag(STATUS, client_tag, fields, before_send, read_status)

    def statuses_of(self, day: date, *, before_send: BeforeSend | None = None) -> Rows[Status]:
        """Return the statuses of all messages sent on a day. After skipped rows, the absence of one proves nothing."""
        return self._rows_of_day(STATUS, SecretFields({"date": write_day(day)}), before_send, read_status)

    def billed_parts(self, month: Month, *, before_send: BeforeSend | None = None) -> Mapping[Carrier, int]:
        """Return the billed parts of a month by carrier. Those of the present month are counted up to yesterday."""
        fields = SecretFields({"month": write_month(month)})
        read = partial(read_billed_parts, BILLED_PARTS, client_id=self._client_id)
        return self._call(BILLED_PARTS, fields, before_send, read, read_content=read_object)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _sender(self, sms_code: str | None) -> SecretFields:
        return SecretFields({"smsCode": sms_code or self._sms_code})

    def _rows_of_tag(
        self,
        endpoint: str,
        client_tag: str,
        fields: SecretFields,
        before_send: BeforeSend | None,
        read_row: Callable[[Row], OfTag | None],
    ) -> Rows[OfTag]:
        read = partial(read_rows_of_tag, endpoint, client_tag=client_tag)
        return self._call(endpoint, fields, before_send, read, read_row=read_row)

    def _rows_of_day(
        self,
        endpoint: str,
        fields: SecretFields,
        before_send: BeforeSend | None,
        read_row: Callable[[Row], Value | None],
    ) -> Rows[Value]:
        read = partial(read_rows, endpoint)
        return self._call(endpoint, fields, before_send, read, read_row=read_row, max_size=MAX_LIST_SIZE)

    def _call(
        self,
        endpoint: str,
        fields: SecretFields,
        before_send: BeforeSend | None,
        read: Callable[[Body[Value]], Result],
        *,
        read_row: Callable[[Row], Value | None] = _ignore,
        read_content: Callable[[Iterable[bytes]], Body[Value]] | None = None,
        max_size: int = MAX_ANSWER_SIZE,
        post: bool = False,
    ) -> Result:
        """Make one call, notify the observers, and return what `read` makes of the body of a successful answer."""
        request = self._account | fields
        encoded = request.encoded()
        watch = Stopwatch(before_send)
        try:
            reply = self._transport.exchange(
                _PATH + endpoint,
                encoded,
                read=read_content or (lambda pieces: read_body(pieces, read_row)),
                max_size=max_size,
                before_send=watch,
                post=post,
            )
            if reply.date is not None:
                self._on_date(reply.date)
            result = read(read_answer(endpoint, reply, request))
        except ProviderError as error:
            self._on_call(endpoint, error.outcome, watch.seconds)
            record_call(endpoint, error.outcome, watch.seconds, error.code, error.http_status)
            self._on_error(error)
            if error.throttle:
                self._on_throttle(error.retry_after)
            raise
        self._on_call(endpoint, _SUCCESS, watch.seconds)
        record_call(endpoint, _SUCCESS, watch.seconds, ResponseCode.SUCCESS, None)
        return result
