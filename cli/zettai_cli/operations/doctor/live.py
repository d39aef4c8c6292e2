"""Finds out how this account really behaves: sends one message, and reserves and cancels another one.

Our code stands each of the behaviors that `zettai doctor --live` reports. It tells a team which of them its own
contract has. No text contains the phone number or a message.
"""

from collections.abc import Generator, Iterator, Sequence
from datetime import timedelta
from time import monotonic, sleep
from uuid import uuid4

from zettai.core.aossms.evidence import is_same_number
from zettai.core.aossms.statuses import Status
from zettai.core.phone_numbers import normalize
from zettai_cli.operations.doctor.live_calls import Calls
from zettai_cli.operations.doctor.results import Check, failed, ok, unknown, warning
from zettai_worker.following.schedule import CLOCK_TOLERANCE
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderClient, ProviderError, ResponseCode, SendRequest

BODY = " zettai doctor\r\n① "
"""The text: blanks, CRLF and a character that is not in ISO-2022-JP, because a provider may change each of them."""

RESERVED_IN = timedelta(minutes=30)
"""How far ahead the reservation is, so that it is canceled long before its time."""

CANCEL_TRIES = 2

STATUS_EVERY = 1.0
"""Seconds between two questions for the status."""

NOT_TAKEN = ("100 ", "110 ", "120 ")
"""How the answers begin that prove that there is no reservation."""


class LiveTest:
    """Asks the provider how it behaves."""

    def __init__(self, provider: ProviderClient, calls: Calls, number: str, *, status_within: float) -> None:
        """Prepare the test.

        Args:
            provider: the client of the worker.
            calls: makes its calls.
            number: a phone number that may get the message.
            status_within: seconds to wait for the status.
        """
        self._provider = provider
        self._calls = calls
        self._number = normalize(number)
        self._tag = f"doctor-{uuid4()}"
        self._status_within = status_within

    def run(self) -> Generator[Check, None, None]:
        """Make the calls, and yield what they show. After Ctrl-C the reservation is canceled too."""
        try:
            yield from self._send()
            yield from self._reserve()
        except LimiterError as error:
            yield unknown("live", f"a call got no slot: {error}")
        yield self._latency()
        yield describe_clock(self._calls.ahead)

    def _send(self) -> Iterator[Check]:
        before_send = self._calls.before_send
        request = SendRequest(phone_number=self._number, message=BODY, client_tag=self._tag)
        try:
            echo = self._calls.make("send", lambda: self._provider.send(request, before_send=before_send))
        except ProviderError as error:
            yield failed("live send", str(error), "see docs/operations.md, 'The account is suspended'")
            return
        yield ok("live send", "0, the message is accepted")
        if echo.phone_number is not None and not is_same_number(echo.phone_number, self._number):
            yield failed("live echo", "another phone number", "ask the provider whom it sent the message to")
        else:
            yield ok("live echo", f"text: {describe_text(echo.message)}")
        yield self._repeat(request)
        yield from self._status()

    def _repeat(self, request: SendRequest) -> Check:
        """Send the same tag again: the promise to send once rests on the provider's refusal."""
        before_send = self._calls.before_send
        code = self._calls.code("repeated tag", lambda: self._provider.send(request, before_send=before_send))
        if code == "0":
            return failed("live repeated tag", code, "this account takes a tag twice: do not use zettai with it")
        if code.startswith(str(int(ResponseCode.DUPLICATE_TAG))):
            return ok("live repeated tag", code)
        return warning("live repeated tag", code, "expected 400: ask the provider what this answer means")

    def _status(self) -> Iterator[Check]:
        began = monotonic()
        while True:
            try:
                rows = self._rows(self._tag)
            except ProviderError as error:
                yield warning("live status", str(error), "status checks are repeated until they are answered")
                return
            own = [row for row in rows if row.client_tag == self._tag]
            if own or monotonic() - began > self._status_within:
                break
            sleep(STATUS_EVERY)
        if not own:
            advice = "it is slower than our first look-up; look-ups are repeated for hours, so this does no harm"
            yield warning("live status", f"not listed within {self._status_within:.0f} s", advice)
            return
        found = f"listed after {monotonic() - began:.1f} s, statusId {own[0].status.value}"
        yield ok("live status", f"{found}, text: {describe_text(own[0].message)}")
        yield self._tag_match()

    def _tag_match(self) -> Check:
        """Ask for a part of the tag: the specification does not say whether tags match exactly."""
        parts = {"by prefix": self._tag[:-4], "by suffix": self._tag[4:]}
        try:
            found = [how for how, part in parts.items() if any(row.client_tag == self._tag for row in self._rows(part))]
        except ProviderError as error:
            return unknown("live tag match", str(error))
        return ok("live tag match", " and ".join(found) or "exact")

    def _rows(self, client_tag: str) -> Sequence[Status]:
        before_send = self._calls.before_send
        return self._calls.make("status", lambda: self._provider.status(client_tag, before_send=before_send))

    def _reserve(self) -> Iterator[Check]:
        tag, before_send = f"{self._tag}-reserved", self._calls.before_send
        request = SendRequest(
            phone_number=self._number, message=BODY, client_tag=tag, schedule_time=self._calls.time() + RESERVED_IN
        )
        exists = True
        try:
            code = self._calls.code("reserve", lambda: self._provider.send(request, before_send=before_send))
            exists = self._calls.written and not code.startswith(NOT_TAKEN)
            if code == "0":
                yield ok("live reservation", self._listed(tag))
            else:
                yield warning("live reservation", code, "without reservations, send messages without send_at")
        finally:
            # Also after Ctrl-C and after an unclear answer: otherwise the message would be sent.
            codes = self._cancel(tag) if exists and self._calls.written else []
        if not codes:
            return
        if "0" not in codes:
            minutes = RESERVED_IN // timedelta(minutes=1)
            advice = f"cancel it in the provider's console, or it is sent in {minutes} minutes"
            yield failed("live cancel", ", then ".join(codes), advice)
            return
        found = f"{', then '.join(codes)}, then {self._listed(tag)}"
        if codes != ["0"]:
            yield warning("live cancel", found, "the first answer was unclear: run this again")
            return
        yield ok("live cancel", found)
        yield self._cancel_again(tag)

    def _cancel(self, tag: str) -> list[str]:
        """Cancel the reservation, with a second try. Return the codes."""
        before_send = self._calls.before_send
        codes: list[str] = []
        while len(codes) < CANCEL_TRIES and "0" not in codes:
            codes.append(
                self._calls.code("cancel", lambda: self._provider.cancel_reservation(tag, before_send=before_send))
            )
        return codes

    def _cancel_again(self, tag: str) -> Check:
        before_send = self._calls.before_send
        code = self._calls.code(
            "second cancel", lambda: self._provider.cancel_reservation(tag, before_send=before_send)
        )
        if code.startswith(str(int(ResponseCode.ALREADY_SENT))):
            advice = (
                "if the answer to a cancel is lost, the canceled message is shown as accepted, then delivery_unknown"
            )
            return warning("live second cancel", code, advice)
        return ok("live second cancel", code)

    def _listed(self, tag: str) -> str:
        """Return what checkreservation.json shows for a tag."""
        try:
            rows = self._calls.make(
                "checkreservation",
                lambda: self._provider.check_reservations(client_tag=tag, before_send=self._calls.before_send),
            )
        except ProviderError as error:
            return f"not listed: {error.kind}"
        own = [row for row in rows if row.client_tag == tag]
        return f"listed, text: {describe_text(own[0].message)}" if own else "not listed"

    def _latency(self) -> Check:
        if not self._calls.longest:
            return unknown("live latency", "no call was made")
        longest = ", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in self._calls.longest.items())
        return ok("live latency", f"at most: {longest}")


def describe_text(text: str | None) -> str:
    """Return how the provider shows the text that was sent."""
    if text is None:
        return "not shown"
    if text == BODY:
        return "the same"
    changes = []
    if text == text.strip():
        changes.append("without the blanks around it")
    if "\r\n" not in text:
        changes.append("with other line ends")
    shown, sent = (one.replace("\r\n", "\n").strip() for one in (text, BODY))
    if shown == sent[:-1] + shown[-1:] != sent:
        changes.append("with a special character replaced")
    elif shown != sent:
        return "changed"
    return ", ".join(changes) or "changed"


def describe_clock(ahead: tuple[timedelta, timedelta] | None) -> Check:
    """Return how far the provider's clock is ahead of that of Redis."""
    if ahead is None:
        return unknown("live clock", "no answer has a Date header")
    least, most = sorted(ahead)  # a server that writes an old date turns them around
    found = f"{least.total_seconds():+.1f} to {most.total_seconds():+.1f} s compared with Redis"
    if least > CLOCK_TOLERANCE or most < -CLOCK_TOLERANCE:
        minutes = CLOCK_TOLERANCE // timedelta(minutes=1)
        return failed("live clock", found, f"set the clock of Redis with NTP; up to {minutes} minutes do no harm")
    return ok("live clock", found)
