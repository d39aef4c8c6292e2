"""Finds out how this account really behaves: sends one message, and reserves and cancels another one.

Our code stands each of the behaviors that `zettai doctor --live` reports. It tells a team which of them its own
contract has. No text contains the phone number or a message.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic, sleep
from typing import TypeVar
from uuid import uuid4

from zettai.core.aossms.evidence import is_same_number
from zettai.core.aossms.statuses import Status
from zettai.core.lanes import Lane
from zettai.core.phone_numbers import normalize
from zettai.core.times import now
from zettai_cli.operations.doctor import checks
from zettai_cli.operations.doctor.checks import Check
from zettai_worker.limiter import Limiter, LimiterError
from zettai_worker.provider import ProviderClient, ProviderError, Refused, ResponseCode, SendRequest

BODY = " zettai doctor ① "
"""The text: blanks around it, and a character that is not in ISO-2022-JP, because a provider may change both."""

RESERVED_IN = timedelta(minutes=30)
"""How far ahead the reservation is, so that it is canceled long before its time."""

SLOT_TIMEOUT = timedelta(seconds=10)
"""How long a call may wait for its slot."""

STATUS_EVERY = 1.0
"""Seconds between two questions for the status."""

Answer = TypeVar("Answer")


@dataclass(slots=True)
class Calls:
    """Makes calls through the rate limit, and measures them."""

    limiter: Limiter
    seconds: list[float] = field(default_factory=list)
    began: float = 0.0

    def before_send(self) -> None:
        """Wait for a slot, and start the clock."""
        self.limiter.acquire(Lane.STATUS, timeout=SLOT_TIMEOUT)
        self.began = monotonic()

    def make(self, call: Callable[[], Answer]) -> Answer:
        """Make a call.

        Raises:
            ProviderError: it failed.
            LimiterError: there was no slot.
        """
        try:
            return call()
        finally:
            self.seconds.append(monotonic() - self.began)

    def code(self, call: Callable[[], object]) -> str:
        """Make a call, and return the code and the text of its answer, or what went wrong."""
        try:
            self.make(call)
        except Refused as refusal:
            return f"{refusal.code} {refusal.provider_message}"
        except ProviderError as error:
            return error.reason
        return "0"


class LiveTest:
    """Asks the provider how it behaves."""

    def __init__(self, provider: ProviderClient, limiter: Limiter, number: str, *, status_within: float) -> None:
        """Prepare the test.

        Args:
            provider: the client of the worker.
            limiter: the rate limit of the account.
            number: a phone number that may get the message.
            status_within: seconds to wait for the status.
        """
        self._provider = provider
        self._calls = Calls(limiter)
        self._number = normalize(number)
        self._tag = f"doctor-{uuid4()}"
        self._status_within = status_within

    def run(self) -> Iterator[Check]:
        """Make the calls, and yield what they show."""
        try:
            yield from self._send()
            yield from self._reserve()
        except LimiterError as error:
            yield checks.unknown("live", f"a call got no slot: {error}")
        yield self._latency()

    def _send(self) -> Iterator[Check]:
        before_send = self._calls.before_send
        request = SendRequest(phone_number=self._number, message=BODY, client_tag=self._tag)
        try:
            echo = self._calls.make(lambda: self._provider.send(request, before_send=before_send))
        except ProviderError as error:
            yield checks.failed("live send", str(error), "see docs/operations.md, 'The account is suspended'")
            return
        yield checks.ok("live send", "0, the message is accepted")
        if echo.phone_number is not None and not is_same_number(echo.phone_number, self._number):
            yield checks.failed("live echo", "another phone number", "ask the provider whom it sent the message to")
        else:
            yield checks.ok("live echo", f"text: {describe_text(echo.message)}")
        yield self._repeat(request)
        yield from self._status()

    def _repeat(self, request: SendRequest) -> Check:
        """Send the same tag again: the promise to send once rests on the provider's refusal."""
        code = self._calls.code(lambda: self._provider.send(request, before_send=self._calls.before_send))
        if code == "0":
            return checks.failed("live repeated tag", code, "this account takes a tag twice: do not use zettai with it")
        if code.startswith(str(int(ResponseCode.DUPLICATE_TAG))):
            return checks.ok("live repeated tag", code)
        return checks.warning("live repeated tag", code, "expected 400: ask the provider what this answer means")

    def _status(self) -> Iterator[Check]:
        began = monotonic()
        while True:
            try:
                rows = self._rows(self._tag)
            except ProviderError as error:
                yield checks.warning("live status", str(error), "status checks are repeated until they are answered")
                return
            own = [row for row in rows if row.client_tag == self._tag]
            if own or monotonic() - began > self._status_within:
                break
            sleep(STATUS_EVERY)
        if not own:
            advice = "it is slower than our first look-up; look-ups are repeated for hours, so this does no harm"
            yield checks.warning("live status", f"not listed within {self._status_within:.0f} s", advice)
            return
        found = f"listed after {monotonic() - began:.1f} s, statusId {own[0].status.value}"
        yield checks.ok("live status", f"{found}, text: {describe_text(own[0].message)}")
        yield self._tag_match()

    def _tag_match(self) -> Check:
        """Ask for a part of the tag: the specification does not say whether tags match exactly."""
        try:
            rows = self._rows(self._tag[:-4])
        except ProviderError as error:
            return checks.unknown("live tag match", str(error))
        matched = any(row.client_tag == self._tag for row in rows)
        return checks.ok("live tag match", "by prefix" if matched else "exact")

    def _rows(self, client_tag: str) -> Sequence[Status]:
        return self._calls.make(lambda: self._provider.status(client_tag, before_send=self._calls.before_send))

    def _reserve(self) -> Iterator[Check]:
        tag, before_send = f"{self._tag}-reserved", self._calls.before_send
        request = SendRequest(
            phone_number=self._number, message=BODY, client_tag=tag, schedule_time=now() + RESERVED_IN
        )
        code = self._calls.code(lambda: self._provider.send(request, before_send=before_send))
        if code != "0":
            yield checks.warning("live reservation", code, "without reservations, send messages without send_at")
            return
        yield checks.ok("live reservation", self._listed(tag))
        code = self._calls.code(lambda: self._provider.cancel_reservation(tag, before_send=before_send))
        if code != "0":
            minutes = RESERVED_IN // timedelta(minutes=1)
            advice = f"cancel it in the provider's console, or it is sent in {minutes} minutes"
            yield checks.failed("live cancel", code, advice)
            return
        yield checks.ok("live cancel", f"0, then {self._listed(tag)}")
        again = self._calls.code(lambda: self._provider.cancel_reservation(tag, before_send=before_send))
        yield checks.ok("live second cancel", again)

    def _listed(self, tag: str) -> str:
        """Return what checkreservation.json shows for a tag."""
        try:
            rows = self._calls.make(
                lambda: self._provider.check_reservations(client_tag=tag, before_send=self._calls.before_send)
            )
        except ProviderError as error:
            return f"not listed: {error.kind}"
        own = [row for row in rows if row.client_tag == tag]
        return f"listed, text: {describe_text(own[0].message)}" if own else "not listed"

    def _latency(self) -> Check:
        seconds = sorted(self._calls.seconds)
        if not seconds:
            return checks.unknown("live latency", "no call was made")
        middle = seconds[len(seconds) // 2]
        return checks.ok(
            "live latency",
            f"{len(seconds)} calls: {1000 * seconds[0]:.0f} ms, median {1000 * middle:.0f} ms, "
            f"at most {1000 * seconds[-1]:.0f} ms",
        )


def describe_text(text: str | None) -> str:
    """Return how the provider shows the text that was sent."""
    if text is None:
        return "not shown"
    if text == BODY:
        return "the same"
    return "without the blanks around it" if text == BODY.strip() else "changed"
