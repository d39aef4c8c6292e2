"""The provider's limit: how many calls it lets in within any sliding second, and how long it punishes more. No I/O."""

from bisect import insort
from dataclasses import dataclass

from zettai_simulator.clock import SECOND

_KEPT = 2 * SECOND  # arrivals are handled a little out of order; older ones than this no longer matter


@dataclass(frozen=True, slots=True)
class Limit:
    """What the throttle enforces.

    Attributes:
        calls: Most calls in any sliding second; None lets everything in.
        punishment: Microseconds for which everything is refused after one call too many.
        retry_after: The `Retry-After` header of a refusal in seconds, if it has one.
    """

    calls: int | None
    punishment: int = 0
    retry_after: int | None = None


class Throttle:
    """Decides which calls are let in; refused ones do not count as calls within the limit.

    Args:
        limit: What it enforces.
    """

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.refused = 0
        self._admitted: list[int] = []
        self._closed_until = 0

    def admits(self, arrival: int) -> bool:
        """Whether the call that arrived then is let in."""
        if self.limit.calls is None:
            return True
        if arrival < self._closed_until:
            self.refused += 1
            return False
        if self._fits(arrival, self.limit.calls):
            return True
        self.refused += 1
        self._closed_until = arrival + self.limit.punishment
        return False

    def _fits(self, arrival: int, calls: int) -> bool:
        """Admit the arrival unless that makes any window of a second too full."""
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
        """Drop old arrivals now and then, not with every call."""
        admitted = self._admitted
        half = len(admitted) // 2
        if admitted[half] < before:
            del admitted[:half]
