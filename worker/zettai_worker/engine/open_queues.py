"""Which queues Celery reads next: those of the lanes for which this process has room, the most urgent one first.

So back-pressure stays in Redis, where the queues can be seen and other workers can take the tasks, and a campaign never
delays an urgent message here. This is kombu's transport option `queue_order_strategy`.
"""

from collections.abc import Callable, Sequence

from zettai.core.lanes import Lane

_ORDER = {lane.value: number for number, lane in enumerate(Lane)}


class OpenQueues:
    """The queues in the order of their lanes, without those that must wait. kombu calls these methods."""

    def __init__(self, has_room: Callable[[Lane], bool]) -> None:
        self._has_room = has_room
        self._queues: list[str] = []

    def update(self, queues: Sequence[str]) -> None:
        """Set the queues that this worker serves."""
        self._queues = sorted(queues, key=lambda queue: _ORDER.get(queue, -1))

    def consume(self, n: int) -> list[str]:
        """Return at most so many queues to read now. Redis gives the first task of the first queue that has one."""
        return [queue for queue in self._queues if queue not in _ORDER or self._has_room(Lane(queue))][:n]

    def rotate(self, last_used: str) -> str:
        """Keep the order."""
        return last_used
