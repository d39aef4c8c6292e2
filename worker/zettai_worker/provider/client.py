"""The provider's five calls. When and whether to call, and what to do about an error, is decided elsewhere."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TypeAlias

from pydantic import SecretStr

from zettai.core.aossms.statuses import Status
from zettai_worker.provider.answers import read_answer, read_reservations, read_send_answer, read_statuses
from zettai_worker.provider.connection import Gate, open_gate
from zettai_worker.provider.errors import ProviderError
from zettai_worker.provider.fields import Fields
from zettai_worker.provider.messages import Reservation, SendAnswer, SendRequest
from zettai_worker.provider.times import write_day, write_minute
from zettai_worker.provider.transport import Timeouts, Transport

SEND = "mt.json"
CHECK_RESERVATION = "checkreservation.json"
CANCEL_RESERVATION = "cancelreservation.json"
CANCEL_RESERVATIONS = "cancelreservationall.json"
STATUS = "status.json"

Observer: TypeAlias = Callable[[str, str, float], None]
"""Told each call's endpoint, outcome (`success` or the error's) and seconds from the gate on. Must not raise."""

_PATH = "/p5/api/"
_SUCCESS = "success"


ThrottleObserver: TypeAlias = Callable[[timedelta | None], None]
"""Told that the provider asks us to slow down. Must not raise."""


def unthrottled(_retry_after: timedelta | None) -> None:
    """Go on as before."""


ErrorObserver: TypeAlias = Callable[[ProviderError], None]
"""Told why a call did not succeed. Must not raise."""


def unheeded(_error: ProviderError) -> None:
    """Take no note of it."""


def unobserved(_endpoint: str, _outcome: str, _seconds: float) -> None:
    """Observe nothing."""


class ProviderClient:
    """Makes the provider's calls; one client serves all threads of a process, and is made after a fork.

    Every method raises `Ambiguous`, `NotSent` or `Refused` (see `errors`), and whatever its gate raises. The gate is
    called exactly once, when the connection is ready and before the first byte is written; never without a connection.

    Args:
        base_url: `https://…`; `http://` only for loopback.
        token: the account's secret.
        client_id: the account.
        sms_code: the sender code.
        connect_timeout: for dialling and for the TLS handshake, each.
        read_timeout: how long the provider may be silent.
        deadline: from the first byte written to the last one read; three read time-outs unless given.
        pool_size: how many idle connections are kept, best as many as there are threads.
        ca_file: certificates to trust in place of the usual ones.
        on_call: told how each call went.
        on_error: told why a call did not succeed, beside `on_call`.
        on_throttle: told when the provider asks us to slow down, and for how long where it says so.

    Raises:
        ValueError: the base URL would send the token in the clear.
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
        on_call: Observer = unobserved,
        on_error: ErrorObserver = unheeded,
        on_throttle: ThrottleObserver = unthrottled,
    ) -> None:
        self._client_id = client_id
        self._account = Fields({"token": token.get_secret_value(), "clientId": client_id})
        self._sender = Fields({"smsCode": sms_code})
        self._on_call = on_call
        self._on_error = on_error
        self._on_throttle = on_throttle
        timeouts = Timeouts(
            connect=connect_timeout.total_seconds(),
            read=read_timeout.total_seconds(),
            deadline=(deadline or 3 * read_timeout).total_seconds(),
        )
        self._transport = Transport(base_url, timeouts=timeouts, pool_size=pool_size, ca_file=ca_file)

    def send(self, request: SendRequest, *, gate: Gate = open_gate) -> SendAnswer:
        """Send a message, or reserve it where it has a time."""
        return read_send_answer(self._call(SEND, self._sender | request.to_fields(), gate, post=True))

    def check_reservations(
        self,
        *,
        client_tag: str | None = None,
        schedule_time: datetime | None = None,
        schedule_date: date | None = None,
        group_tag: str | None = None,
        gate: Gate = open_gate,
    ) -> list[Reservation]:
        """List reservations by tag, time or day; the first of these that is given decides.

        Raises:
            ValueError: none of the three is given; `group_tag` only narrows the two times.
        """
        if client_tag is None and schedule_time is None and schedule_date is None:
            raise ValueError("give a client tag, a time or a day to look for")
        fields = Fields(
            {
                "clientTag": client_tag,
                "scheduleTime": write_minute(schedule_time) if schedule_time else None,
                "scheduleDate": write_day(schedule_date) if schedule_date else None,
                "groupTag": group_tag,
            }
        )
        return read_reservations(CHECK_RESERVATION, self._call(CHECK_RESERVATION, self._sender | fields, gate))

    def cancel_reservation(self, client_tag: str, *, gate: Gate = open_gate) -> None:
        """Cancel one reservation; `Refused` with code 130 means that it was too late."""
        self._call(CANCEL_RESERVATION, Fields({"clientTag": client_tag}), gate)

    def cancel_reservations(
        self,
        *,
        start: date | None = None,
        end: date | None = None,
        group_tag: str | None = None,
        gate: Gate = open_gate,
    ) -> None:
        """Cancel all reservations that match every filter given; both days are included.

        Raises:
            ValueError: there is no filter, or a blank one that the provider could take for none.
        """
        if start is None and end is None and group_tag is None:
            raise ValueError("give a first day, a last day or a group tag; without any, everything would be cancelled")
        if group_tag is not None and not group_tag.strip():
            raise ValueError("the group tag is blank; the provider could cancel everything")
        fields = Fields(
            {
                "startDate": write_day(start) if start else None,
                "endDate": write_day(end) if end else None,
                "groupTag": group_tag,
            }
        )
        self._call(CANCEL_RESERVATIONS, fields, gate)

    def cancel_all_reservations(self, *, confirm_client_id: str, gate: Gate = open_gate) -> None:
        """Cancel every reservation of the account.

        Raises:
            ValueError: the client id given is not this account's.
        """
        if confirm_client_id != self._client_id:
            raise ValueError("the client id does not confirm that this account's reservations shall all be cancelled")
        self._call(CANCEL_RESERVATIONS, Fields({}), gate)

    def status(self, client_tag: str, *, gate: Gate = open_gate) -> list[Status]:
        """Ask for one message; an empty list means that the provider does not know the tag."""
        return read_statuses(STATUS, self._call(STATUS, Fields({"clientTag": client_tag}), gate))

    def statuses_of(self, day: date, *, gate: Gate = open_gate) -> list[Status]:
        """Ask for all messages sent on a day."""
        return read_statuses(STATUS, self._call(STATUS, Fields({"date": write_day(day)}), gate))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _call(self, endpoint: str, fields: Fields, gate: Gate, *, post: bool = False) -> Fields:
        """Make one call, and tell the observer how it went."""
        request = self._account | fields
        encoded = request.encoded()
        watch = _Stopwatch(gate)
        try:
            reply = self._transport.exchange(_PATH + endpoint, encoded, gate=watch, post=post)
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
    """A gate that starts to count when it opens; where it never does, from the beginning."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._started = monotonic()

    def __call__(self) -> None:
        self._gate()
        self._started = monotonic()

    @property
    def seconds(self) -> float:
        """How long it has been."""
        return monotonic() - self._started
