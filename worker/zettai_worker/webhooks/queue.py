"""What waits for an endpoint. The events of a message are delivered one after the other, in their order."""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from heapq import heapify, heappop, heappush

from zettai_worker.webhooks.retries import Delivery


class DeliveryQueue:
    """A chain of deliveries for each message. The first of a chain is tried, the others wait for it."""

    def __init__(self) -> None:
        self.stored = 0
        """How many are in the retry set."""
        self._chains: dict[str, deque[Delivery]] = {}
        self._positions: dict[str, tuple[int, ...]] = {}
        # One entry for each chain whose first delivery is not being tried.
        self._idle: list[tuple[float, tuple[int, ...], str]] = []

    def __len__(self) -> int:
        return len(self._positions)

    @property
    def oldest(self) -> int | None:
        """The time of the oldest event, in milliseconds; None if nothing waits."""
        return min(self._positions.values())[0] if self._positions else None

    @property
    def next_due(self) -> float | None:
        """When the next one is due; None if none waits."""
        return self._idle[0][0] if self._idle else None

    def knows(self, event_id: str) -> bool:
        """Return whether an event is in the queue."""
        return event_id in self._positions

    def is_blocked(self, key: str) -> bool:
        """Return whether the first of a chain waits for another attempt."""
        chain = self._chains.get(key)
        return chain is not None and chain[0].stored

    def add(self, delivery: Delivery) -> None:
        """Add a delivery at the end of its chain."""
        self._positions[delivery.event.id] = delivery.position
        self.stored += delivery.stored
        chain = self._chains.setdefault(delivery.key, deque())
        chain.append(delivery)
        if len(chain) == 1:
            self._wait(delivery)

    def take_due(self, now: float) -> Delivery | None:
        """Return the delivery to try now, if there is one. `finish`, `retry` or `put_back` must follow."""
        return self.take_first() if self._idle and self._idle[0][0] <= now else None

    def take_first(self) -> Delivery | None:
        """Return the delivery that is due first, also if it is not due yet. New events are due before all retries."""
        return self._chains[heappop(self._idle)[2]][0] if self._idle else None

    def put_back(self, delivery: Delivery) -> None:
        """Put a delivery back that was taken and not tried."""
        self._wait(delivery)

    def finish(self, delivery: Delivery) -> None:
        """Remove a delivery that was tried. The next one of its chain can be tried."""
        chain = self._chains[delivery.key]
        self.stored -= chain.popleft().stored
        del self._positions[delivery.event.id]
        if chain:
            self._wait(chain[0])
        else:
            del self._chains[delivery.key]

    def retry(self, delivery: Delivery) -> Iterator[Delivery]:
        """Put a delivery that was tried back into the queue, and yield what of its chain must be written.

        The whole chain goes to the retry set, because it waits for its first event.
        """
        chain = self._chains[delivery.key]
        self.stored += not chain[0].stored
        chain[0] = delivery
        self._wait(delivery)
        yield delivery
        for number, other in enumerate(chain):
            if not other.stored:
                chain[number] = replace(other, stored=True)
                self.stored += 1
                yield chain[number]

    def make_all_due(self) -> None:
        """Try everything again now: the receiver works again."""
        self._idle = [(0.0, position, key) for _, position, key in self._idle]
        heapify(self._idle)

    def _wait(self, delivery: Delivery) -> None:
        heappush(self._idle, (delivery.due, delivery.position, delivery.key))
