"""What stands in for Celery and for the rate limiter: tasks are run one by one, and slots come when the model says."""

import json
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import cast

from tests.integration.model.story import Story
from tests.support.redis_clock import RedisClock

from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.publisher import Publisher
from zettai.core.store.store import MessageStore
from zettai.core.tasks import send_task_of
from zettai_worker.limiter import LimiterPaused, LimiterTimeout


@dataclass(frozen=True)
class Task:
    """A published task."""

    name: str
    lane: Lane
    arguments: tuple[object, ...]

    def __str__(self) -> str:
        return f"{self.name.removeprefix('zettai.')} {' '.join(map(str, self.arguments))} ({self.lane})"


class TaskFunctions(dict[str, Callable[..., None]]):
    """The functions of the tasks, by name. `register_tasks` takes it for a Celery app."""

    def __init__(self) -> None:
        super().__init__()
        self._delivery_info: dict[str, Lane] = {}

    def task(self, *, name: str, **_: object) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Return a decorator that keeps the function, as `Celery.task` does."""
        request = SimpleNamespace(delivery_info=self._delivery_info)
        return lambda function: self.setdefault(name, partial(function, SimpleNamespace(name=name, request=request)))

    def run(self, task: Task) -> None:
        """Run a task, which comes from the queue of its lane."""
        self._delivery_info["routing_key"] = task.lane
        self[task.name](*task.arguments)


class TaskList(Publisher):
    """Collects the tasks that are published. Its chunks are those of the real publisher."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.on_publish: Callable[[Task], None] = lambda _: None

    def publish(self, task: str, lane: Lane, *arguments: object, account: str | None = None) -> None:
        """Collect a task."""
        published = Task(task, lane, arguments)
        self.on_publish(published)
        self.tasks.append(published)

    def build(self, lane: Lane, client_tags: Sequence[str]) -> str:
        """Return a send task as `create.lua` pushes it. `take_pushed` reads it."""
        return json.dumps([send_task_of(lane), lane, client_tags])

    def take_pushed(self, store: MessageStore) -> None:
        """Collect the tasks that the store has pushed into the queues."""
        for lane in SENDING_LANES:
            while (pushed := store.redis.rpop(store.keys.queue(lane))) is not None:
                name, _, client_tags = json.loads(cast("str", pushed))
                self.publish(name, lane, client_tags)

    def take(self) -> Task | None:
        """Return the next task: the most urgent lane first, oldest first within a lane."""
        if not self.tasks:
            return None
        first = min(self.tasks, key=lambda task: list(Lane).index(task.lane))
        self.tasks.remove(first)
        return first

    def close(self) -> None:
        """Close nothing."""


class Slots:
    """The limiter: it lets the model's time pass, and grants each slot then."""

    def __init__(self, clock: RedisClock, story: Story) -> None:
        self.waits: deque[timedelta | None] = deque()
        self.lane: Lane | None = None
        self._clock = clock
        self._story = story

    def acquire(self, lane: Lane, *, timeout: timedelta) -> datetime:
        """Return the time of a slot. None among the waits means that an operator has paused all calls."""
        wait = self.waits.popleft() if self.waits else timedelta()
        if wait is None:
            self._story.tell("    no slot: paused")
            raise LimiterPaused(None)
        if timeout < wait <= 10 * timeout:
            self._story.tell(f"    no slot within {timeout}")
            self._clock.advance(timeout)
            raise LimiterTimeout
        # A much longer wait than the timeout: the machine was suspended.
        self._clock.advance(wait)
        if wait:
            self._story.tell(f"    slot after {wait}")
        self.lane = lane
        return self._clock.now

    def call_written(self) -> None:
        """Check no time."""

    def slow_down(self, retry_after: timedelta | None = None) -> None:
        """Slow nothing down."""

    def close(self) -> None:
        """Close nothing."""
