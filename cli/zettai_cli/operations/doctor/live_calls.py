"""Makes the calls of `doctor --live` through the rate limit, and measures them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import TypeVar

from zettai.core.lanes import Lane
from zettai.core.times import now
from zettai_worker.limiter import Limiter
from zettai_worker.provider import ProviderError, Refused

Answer = TypeVar("Answer")

SLOT_TIMEOUT = timedelta(seconds=10)
"""How long a call may wait for its slot."""

DATE_STEP = timedelta(seconds=1)
"""A `Date` header has whole seconds."""


class Calls:
    """Makes calls one after another, and measures them.

    Attributes:
        longest: how long the longest call of each name took, in seconds.
        written: whether a byte of the last request may have been written.
        ahead: the least and the most by which the provider's clock is ahead of Redis; None without a `Date` header.
    """

    def __init__(self, limiter: Limiter) -> None:
        self.longest: dict[str, float] = {}
        self.written = False
        self.ahead: tuple[timedelta, timedelta] | None = None
        self._limiter = limiter
        self._slot: datetime | None = None
        self._began = 0.0

    def before_send(self) -> None:
        """Wait for a slot, and start the clock."""
        self._slot = self._limiter.acquire(Lane.STATUS, timeout=SLOT_TIMEOUT)
        self._began = monotonic()
        self.written = True

    def time(self) -> datetime:
        """Return the present time by the clock of Redis; before the first call, by that of this host."""
        return now() if self._slot is None else self._slot + timedelta(seconds=monotonic() - self._began)

    def observe_date(self, header: str) -> None:
        """Compare the clock of the provider with that of Redis. It wrote the header after it got the request."""
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return
        if self._slot is None or date.tzinfo is None:
            return
        least, most = date - self.time(), date + DATE_STEP - self._slot
        self.ahead = (least, most) if self.ahead is None else (max(least, self.ahead[0]), min(most, self.ahead[1]))

    def make(self, name: str, call: Callable[[], Answer]) -> Answer:
        """Make a call.

        Raises:
            ProviderError: it failed.
            LimiterError: there was no slot.
        """
        self.written = False
        try:
            return call()
        finally:
            if self.written:
                self.longest[name] = max(monotonic() - self._began, self.longest.get(name, 0.0))

    def code(self, name: str, call: Callable[[], object]) -> str:
        """Make a call, and return the code and the text of its answer, or what went wrong."""
        try:
            self.make(name, call)
        except Refused as refusal:
            return f"{refusal.code} {refusal.provider_message}"
        except ProviderError as error:
            return error.reason
        return "0"
