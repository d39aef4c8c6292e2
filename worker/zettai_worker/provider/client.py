"""The client of the provider's API."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TypeAlias

from pydantic import SecretStr

from zettai.core.aossms.statuses import Status
from zettai_worker.provider.answers import read_answer, read_reservations, read_send_answer, read_statuses
from zettai_worker.provider.connection import BeforeSend
from zettai_worker.provider.errors import ProviderError
from zettai_worker.provider.messages import Reservation, SendAnswer, SendRequest
from zettai_worker.provider.secret_fields import SecretFields
from zettai_worker.provider.times import write_day, write_minute
from zettai_worker.provider.transport import Timeouts, Transport

SEND = "mt.json"
CHECK_RESERVATION = "checkreservation.json"
CANCEL_RESERVATION = "cancelreservation.json"
CANCEL_RESERVATIONS = "cancelreservationall.json"
STATUS = "status.json"

_PATH = "/p5/api/"
_SUCCESS = "success"

CallObserver: TypeAlias = Callable[[str, str, float], None]
"""Gets the endpoint, the outcome (`success` or the error's) and the seconds since the before-send hook returned."""

ErrorObserver: TypeAlias = Callable[[ProviderError], None]
"""Gets the error of each failed call."""

ThrottleObserver: TypeAlias = Callable[[timedelta | None], None]
"""Is called when the provider asks us to slow down. Gets its `Retry-After`, if it sent one."""


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
        sms_code: the sender code.
        connect_timeout: for the TCP connection and for the TLS handshake, each.
        read_timeout: the longest time without a byte from the provider.
        deadline: from the first byte written to the last one read; three times `read_timeout` by default.
        pool_size: the number of idle connections to keep, best one for each thread.
        ca_file: the authorities to trust in place of the public ones.
        on_call: observes each call.
        on_error: observes each error, after `on_call`.
        on_throttle: observes each request of the provider to slow down.

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
    ) -> None:
        self._client_id = client_id
        self._account = SecretFields({"token": token.get_secret_value(), "clientId": client_id})
        self._sender = SecretFields({"smsCode": sms_code})
        self._on_call = on_call
        self._on_error = on_error
        self._on_throttle = on_throttle
        timeouts = Timeouts(
            connect=connect_timeout.total_seconds(),
            read=read_timeout.total_seconds(),
            deadline=(deadline or 3 * read_timeout).total_seconds(),
        )
        self._transport = Transport(base_url, timeouts=timeouts, pool_size=pool_size, ca_file=ca_file)

    def send(self, request: SendRequest, *, before_send: BeforeSend | None = None) -> SendAnswer:
        """Send a message, or reserve it if it has a time."""
        return read_send_answer(self._call(SEND, self._sender | request.to_fields(), before_send, post=True))

    def check_reservations(
        self,
        *,
        client_tag: str | None = None,
        schedule_time: datetime | None = None,
        schedule_date: date | None = None,
        group_tag: str | None = None,
        before_send: BeforeSend | None = None,
    ) -> list[Reservation]:
        """Return the reservations of a tag, a time or a day. If several are given, the first one counts.

        Raises:
            ValueError: none of the three is given. `group_tag` only narrows the search by time or day.
        """
        if client_tag is None and schedule_time is None and schedule_date is None:
            raise ValueError("give a client tag, a time or a day to search for")
        fields = SecretFields(
            {
                "clientTag": client_tag,
                "scheduleTime": write_minute(schedule_time) if schedule_time else None,
                "scheduleDate": write_day(schedule_date) if schedule_date else None,
                "groupTag": group_tag,
            }
        )
        return read_reservations(CHECK_RESERVATION, self._call(CHECK_RESERVATION, self._sender | fields, before_send))

    def cancel_reservation(self, client_tag: str, *, before_send: BeforeSend | None = None) -> None:
        """Cancel one reservation. `Refused` with code 130 means that the message was sent already."""
        self._call(CANCEL_RESERVATION, SecretFields({"clientTag": client_tag}), before_send)

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
        self._call(CANCEL_RESERVATIONS, fields, before_send)

    def cancel_all_reservations(self, *, confirm_client_id: str, before_send: BeforeSend | None = None) -> None:
        """Cancel every reservation of the account.

        Raises:
            ValueError: `confirm_client_id` is not the id of this account.
        """
        if confirm_client_id != self._client_id:
            raise ValueError("confirm_client_id is not the client id of this account; no reservation was canceled")
        self._call(CANCEL_RESERVATIONS, SecretFields({}), before_send)

    def status(self, client_tag: str, *, before_send: BeforeSend | None = None) -> list[Status]:
        """Return the statuses of one message. An empty list means that the provider does not know the tag."""
        return read_statuses(STATUS, self._call(STATUS, SecretFields({"clientTag": client_tag}), before_send))

    def statuses_of(self, day: date, *, before_send: BeforeSend | None = None) -> list[Status]:
        """Return the statuses of all messages sent on a day."""
        return read_statuses(STATUS, self._call(STATUS, SecretFields({"date": write_day(day)}), before_send))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _call(
        self, endpoint: str, fields: SecretFields, before_send: BeforeSend | None, *, post: bool = False
    ) -> SecretFields:
        """Make one call and notify the observers."""
        request = self._account | fields
        encoded = request.encoded()
        watch = _Stopwatch(before_send)
        try:
            reply = self._transport.exchange(_PATH + endpoint, encoded, before_send=watch, post=post)
            answer = read_answer(endpoint, reply, request)
        except ProviderError as error:
            self._on_call(endpoint, error.outcome, watch.seconds)
            self._on_error(error)
            if error.throttle:
                self._on_throttle(error.retry_after)
            raise
        self._on_call(endpoint, _SUCCESS, watch.seconds)
        return answer


class _Stopwatch:
    """A before-send hook that runs another one and then starts to count. If it never runs, it counts from the start."""

    def __init__(self, before_send: BeforeSend | None) -> None:
        self._before_send = before_send
        self._started = monotonic()

    def __call__(self) -> None:
        if self._before_send is not None:
            self._before_send()
        self._started = monotonic()

    @property
    def seconds(self) -> float:
        """Return the time that has passed."""
        return monotonic() - self._started
