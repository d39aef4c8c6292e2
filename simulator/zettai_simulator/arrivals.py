"""When API calls came in, and the worst second among them. The kernel's time stamps come from `sockets`."""

from array import array
from collections.abc import Iterable, Sequence

from zettai_simulator.clock import SECOND


def worst_window(arrivals: Iterable[int], window: int = SECOND) -> int:
    """The most arrivals in any half-open window `[t, t + window)`.

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
    """Every API call's arrival and endpoint, in the order of handling.

    Args:
        endpoints: The names that may occur.
    """

    def __init__(self, endpoints: Iterable[str]) -> None:
        self.endpoints: Sequence[str] = tuple(endpoints)
        self._numbers = {name: number for number, name in enumerate(self.endpoints)}
        self._instants = array("q")
        self._endpoints = array("B")

    def __len__(self) -> int:
        return len(self._instants)

    def add(self, instant: int, endpoint: str) -> None:
        """Remember one call."""
        self._instants.append(instant)
        self._endpoints.append(self._numbers[endpoint])

    def since(self, instant: int = 0) -> tuple[list[int], list[int]]:
        """The instants from this one on, and beside each the number of its endpoint."""
        pairs = [pair for pair in zip(self._instants, self._endpoints, strict=True) if pair[0] >= instant]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]

    def worst_second(self) -> int:
        """The most calls in any sliding second."""
        return worst_window(self._instants)
