"""Translate the time of Redis into the local clock. This module reads neither clock itself."""

from collections import deque
from dataclasses import dataclass

from zettai_worker.limiter.microseconds import MILLISECOND, SECOND

MEMORY = 8
"""Seconds for which an observation counts. Clocks drift apart, so older ones are wrong."""

DRIFT = 2 * MILLISECOND
"""How far clocks may drift apart within that time. A larger difference means that the server's clock was set."""


@dataclass(slots=True)
class _OffsetBounds:
    """The bounds of local time minus server time, from the observations of one second."""

    second: int
    low: int
    high: int


class ServerClock:
    """Translates times of the server into times of the local clock.

    The server reads its clock after the request was sent and before the answer arrives, so each answer gives a lower
    and an upper bound of the offset between the clocks. This class uses the lowest upper bound. So a translated time is
    late by the time that the fastest answer took to arrive, and never early.
    """

    def __init__(self) -> None:
        self._seconds: deque[_OffsetBounds] = deque()
        self._low = self._offset = 0

    def observe(self, sent: int, server_time: int, received: int) -> bool:
        """Use an answer to improve the offset.

        Args:
            sent: when the request was sent, by the local clock.
            server_time: the server's time in the answer.
            received: when the answer arrived, by the local clock.

        Returns:
            Whether the server's clock was set or another server answers. Then all translated times are wrong.
        """
        low, high = sent - server_time, received - server_time
        was_set = bool(self._seconds) and (low > self._offset + DRIFT or high < self._low - DRIFT)
        if was_set:
            self._seconds.clear()
        self._add(_OffsetBounds(received // SECOND, low, high))
        self._low = max(bounds.low for bounds in self._seconds)
        self._offset = min(bounds.high for bounds in self._seconds)
        return was_set

    def to_local(self, server_time: int) -> int:
        """Return the local time of a server time."""
        return server_time + self._offset

    def _add(self, new: _OffsetBounds) -> None:
        while self._seconds and self._seconds[0].second <= new.second - MEMORY:
            self._seconds.popleft()
        if self._seconds and self._seconds[-1].second == new.second:
            latest = self._seconds[-1]
            latest.low, latest.high = max(latest.low, new.low), min(latest.high, new.high)
        else:
            self._seconds.append(new)
