"""The clock of Redis on this process's own one. Nothing here asks either of them."""

from collections import deque
from dataclasses import dataclass

from zettai_worker.limiter.units import MILLISECOND, SECOND

MEMORY = 8
"""Seconds for which an observation counts, since clocks drift apart."""

DRIFT = 2 * MILLISECOND
"""How far clocks may drift apart within that time; more than that is a step of the server's clock."""


@dataclass(slots=True)
class _Bounds:
    """What the observations of one second say of local time minus server time."""

    second: int
    low: int
    high: int


class ServerClock:
    """Translates instants of the server into instants of the local monotonic clock.

    The server stamps its answer after the question was sent and before the answer came, so each answer bounds the
    offset between the clocks on both sides. The tightest upper bound is used: by the quickest answer's way back, an
    instant is translated late, and never early.
    """

    def __init__(self) -> None:
        self._seconds: deque[_Bounds] = deque()
        self._low = self._offset = 0

    def observe(self, sent: int, stamp: int, received: int) -> bool:
        """Learn from an answer.

        Args:
            sent: when the question was sent, by the local clock.
            stamp: when it was answered, by the server's clock.
            received: when the answer was here, by the local clock.

        Returns:
            Whether this contradicts what was known, because the server's clock was set or another server answers.
            Then nothing that was translated before holds.
        """
        low, high = sent - stamp, received - stamp
        stepped = bool(self._seconds) and (low > self._offset + DRIFT or high < self._low - DRIFT)
        if stepped:
            self._seconds.clear()
        self._remember(_Bounds(received // SECOND, low, high))
        self._low = max(bounds.low for bounds in self._seconds)
        self._offset = min(bounds.high for bounds in self._seconds)
        return stepped

    def local(self, stamp: int) -> int:
        """The local instant of one of the server's, by what was observed so far."""
        return stamp + self._offset

    def _remember(self, new: _Bounds) -> None:
        while self._seconds and self._seconds[0].second <= new.second - MEMORY:
            self._seconds.popleft()
        if self._seconds and self._seconds[-1].second == new.second:
            latest = self._seconds[-1]
            latest.low, latest.high = max(latest.low, new.low), min(latest.high, new.high)
        else:
            self._seconds.append(new)
