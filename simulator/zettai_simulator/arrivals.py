"""When API calls arrived, and the worst sliding second. The kernel's timestamps come from `sockets`."""

from array import array
from collections.abc import Iterable, Sequence

from zettai_simulator.clock import SECOND


def worst_window(arrivals: Iterable[int], window: int = SECOND) -> int:
    """Return the most arrivals in any half-open window `[t, t + window)`. This is the one judge of the rate limit.

    Args:
        arrivals: Instants in microseconds, in any order.
        window: Its length in microseconds.
    """
    ordered = sorted(arrivals)
    worst = first = 0
    for count, arrival in enumerate(ordered, start=1):
        while arrival - ordered[first] >= window:
            first += 1
        worst = max(worst, count - first)
    return worst


class Arrivals:
    """The arrival and the endpoint of each API call, in the order of handling.

    Args:
        endpoints: Names of all endpoints.
    """

    def __init__(self, endpoints: Iterable[str]) -> None:
        self.endpoints: Sequence[str] = tuple(endpoints)
        self._numbers = {name: number for number, name in enumerate(self.endpoints)}
        self._instants = array("q")
        self._endpoints = array("B")

    def __len__(self) -> int:
        return len(self._instants)

    def add(self, instant: int, endpoint: str) -> None:
        """Add a call."""
        self._instants.append(instant)
        self._endpoints.append(self._numbers[endpoint])

    def since(self, instant: int = 0) -> tuple[list[int], list[int]]:
        """Return the instants from this one on, and the number of the endpoint of each."""
        pairs = [pair for pair in zip(self._instants, self._endpoints, strict=True) if pair[0] >= instant]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    def worst_second(self) -> int:
        """Return the most calls in any sliding second."""
        return worst_window(self._instants)
