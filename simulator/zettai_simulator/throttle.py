"""The provider's limit: how many calls it accepts in any sliding second, and how long it refuses all after more."""

from bisect import insort
from dataclasses import dataclass

from zettai_simulator.clock import SECOND

_KEPT = 2 * SECOND  # arrivals are handled a little out of order; older ones than this no longer matter


@dataclass(frozen=True, slots=True)
class Limit:
    """The limit of a throttle.

    Attributes:
        calls: Allowed calls in any sliding second; None for no limit.
        penalty: Microseconds for which all calls are refused after one call too many.
        retry_after: The `Retry-After` header of a refusal in seconds, if it has one.
    """

    calls: int | None
    penalty: int = 0
    retry_after: int | None = None


class Throttle:
    """Decides which calls are accepted; refused ones do not count towards the limit.

    Args:
        limit: The limit.
    """

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.refused = 0
        self._admitted: list[int] = []
        self._closed_until = 0

    def admits(self, arrival: int) -> bool:
        """Return whether a call with this arrival time is accepted."""
        if self.limit.calls is None:
            return True
        if arrival < self._closed_until:
            self.refused += 1
            return False
        if self._fits(arrival, self.limit.calls):
            return True
        self.refused += 1
        self._closed_until = arrival + self.limit.penalty
        return False

    def _fits(self, arrival: int, calls: int) -> bool:
        """Add the arrival unless a window of a second would have too many."""
        admitted = self._admitted
        insort(admitted, arrival)
        place = len(admitted) - 1
        while admitted[place] > arrival:
            place -= 1
        # Too full is a window from the i-th to the (i + calls)-th arrival that is shorter than a second.
        for first in range(max(0, place - calls), len(admitted) - calls):
            if admitted[first + calls] - admitted[first] < SECOND:
                del admitted[place]
                return False
        self._forget(admitted[-1] - _KEPT)
        return True

    def _forget(self, before: int) -> None:
        """Drop old arrivals when they are half of all."""
        admitted = self._admitted
        half = len(admitted) // 2
        if admitted[half] < before:
            del admitted[:half]
