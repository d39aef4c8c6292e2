"""The messages that wait in this process, and which ones are taken next.

They wait unclaimed: a cancel still reaches them, and if the process is killed, nothing about them is in doubt. Only a
few are taken and not sent yet, so that the next one is there when a slot comes.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Condition
from typing import Any

from zettai.core.lanes import SENDING_LANES, Lane
from zettai_worker.engine.work import Work

FULL_AT = 1_000
"""From so many messages of a lane on, its queue is not read. Celery looks again after up to 1 second (a BRPOP that
waits for other queues), so they must last that long at the whole limit.
"""

FULL_AT_OF_STATUS = 500
"""The same for the status lane. While sends use the limit, it gets 5 % of the slots, and each check must be made within
its claim.
"""

AHEAD = 24
"""The most messages that are taken and not sent. The limiter books its slots up to 20 ms ahead; in this time a process
alone sends 12 at 600 calls a second, and the other half is being claimed.
"""

AHEAD_OF_STATUS = 8
"""The same for the status lane, which has its own share of the slots."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages of one lane for one kind of work."""

    work: Work[Any, Any]
    lane: Lane
    client_tags: Sequence[str]


class Feed:
    """The waiting messages of a process, by lane. Safe for threads."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, deque[tuple[Work[Any, Any], str]]] = {lane: deque() for lane in Lane}
        self._taken = dict.fromkeys(Lane, 0)
        self._is_closed = False
        self._changed = Condition()

    def add(self, batch: Batch) -> bool:
        """Add messages at the end of their lane. Return False if the feed is closed."""
        with self._changed:
            if self._is_closed:
                return False
            self._waiting[batch.lane].extend((batch.work, tag) for tag in batch.client_tags)
            self._changed.notify()
            return True

    def put_back(self, batch: Batch) -> bool:
        """Put a taken batch back, at the start of its lane. Return False if the feed is closed."""
        with self._changed:
            self._taken[batch.lane] -= len(batch.client_tags)
            if self._is_closed:
                return False
            self._waiting[batch.lane].extendleft((batch.work, tag) for tag in reversed(batch.client_tags))
            return True

    def has_room(self, lane: Lane) -> bool:
        """Return whether the queue of a lane may be read."""
        return self.waiting(lane) < (FULL_AT_OF_STATUS if lane is Lane.STATUS else FULL_AT)

    def take(self) -> Batch | None:
        """Wait until messages are needed, and return the most urgent ones. Return None if the feed is closed."""
        with self._changed:
            while not self._is_closed:
                if (lane := self._next_lane()) is not None:
                    return self._take(lane, self._room_ahead(lane))
                self._changed.wait()
            return None

    def sent(self, lane: Lane, count: int = 1) -> None:
        """Note that taken messages need no slot any more."""
        with self._changed:
            self._taken[lane] -= count
            if self._next_lane() is not None:
                self._changed.notify()

    def close(self) -> list[Batch]:
        """Let nothing be taken any more, and return what was waiting."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            return [batch for lane in Lane for batch in self._all_of(lane)]

    def waiting(self, lane: Lane) -> int:
        """Return how many messages of a lane wait."""
        return len(self._waiting[lane])

    def taken(self, lane: Lane) -> int:
        """Return how many messages of a lane are taken and not sent."""
        return self._taken[lane]

    # The methods below are called with the lock held.

    def _next_lane(self) -> Lane | None:
        """Return the most urgent lane of which messages are to be taken now."""
        return next((lane for lane in Lane if self._waiting[lane] and self._room_ahead(lane)), None)

    def _room_ahead(self, lane: Lane) -> int:
        """Return how many messages of a lane to take now. They are taken many at a time: when half of them are sent."""
        if lane is Lane.STATUS:
            most, taken = AHEAD_OF_STATUS, self._taken[lane]
        else:
            # Less urgent messages that are taken already do not count: they get no slot before these.
            first = SENDING_LANES[: SENDING_LANES.index(lane) + 1]
            most, taken = AHEAD, sum(self._taken[one] for one in first)
        return most - taken if taken <= most // 2 else 0

    def _take(self, lane: Lane, most: int) -> Batch:
        waiting = self._waiting[lane]
        work = waiting[0][0]
        tags: list[str] = []
        while waiting and len(tags) < most and waiting[0][0] is work:
            tags.append(waiting.popleft()[1])
        self._taken[lane] += len(tags)
        return Batch(work, lane, tags)

    def _all_of(self, lane: Lane) -> Iterator[Batch]:
        while self._waiting[lane]:
            batch = self._take(lane, FULL_AT)
            self._taken[lane] -= len(batch.client_tags)
            yield batch
