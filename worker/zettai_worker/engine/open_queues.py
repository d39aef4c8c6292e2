"""Which queues Celery reads next: those of the lanes for which this process has room, the most urgent one first.

The accounts take turns within a lane. So back-pressure stays in Redis, where the queues can be seen and other workers
can take the tasks, and a campaign never delays an urgent message here. This is kombu's transport option
`queue_order_strategy`.
"""

from collections.abc import Callable, Sequence

from zettai.core.lanes import Lane, parse_queue

_ORDER = {lane: number for number, lane in enumerate(Lane)}


class OpenQueues:
    """The queues in the order of their lanes, without those that must wait. kombu calls these methods."""

    def __init__(self, has_room: Callable[[Lane, str | None], bool]) -> None:
        self._has_room = has_room
        self._queues: list[str] = []

    def update(self, queues: Sequence[str]) -> None:
        """Set the queues that this worker serves."""
        self._queues = sorted(queues, key=_position)

    def consume(self, n: int) -> list[str]:
        """Return at most so many queues to read now. Redis gives the first task of the first queue that has one."""
        return [queue for queue in self._queues if (ours := _parse(queue)) is None or self._has_room(*ours)][:n]

    def rotate(self, last_used: str) -> str:
        """Move a queue behind those of the same lane, which are the turns of the other accounts."""
        if last_used in self._queues:
            self._queues.remove(last_used)
            self._queues = sorted([*self._queues, last_used], key=_position)
        return last_used


def _position(queue: str) -> int:
    ours = _parse(queue)
    return -1 if ours is None else _ORDER[ours[0]]


def _parse(queue: str) -> tuple[Lane, str | None] | None:
    """Return the lane and the account of a queue; None for a queue of Celery itself."""
    try:
        return parse_queue(queue)
    except ValueError:
        return None
