"""The workers and beat: they do what is due, at once or when the clock has jumped to it.

Tasks are run one by one. One can run while the call of another is in flight, as in a second worker.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from tests.integration.model.machinery import Task, TaskFunctions, TaskList
from tests.integration.model.promises import Promises
from tests.integration.model.provider_model import ProviderModel, WorkerKilled
from tests.integration.model.story import Story
from tests.support.redis_clock import RedisClock

from zettai.core.lanes import SENDING_LANES
from zettai.core.times import from_milliseconds
from zettai_worker.reconciliation.comparison_runs import RESERVATIONS_INTERVAL, STATUSES_INTERVAL
from zettai_worker.runtime import Runtime
from zettai_worker.tasks import register_tasks

TICK = timedelta(seconds=1)
"""How often beat publishes what is due."""

TICKS_OF_SENDING = 30
"""In a long time, beat publishes messages to send only so often, or retries would be all that the test does."""

MOST_TASKS = 200
"""Tasks that may follow from one tick. More means that tasks publish each other without end."""


class Workers:
    """Runs the tasks and beat's jobs."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        clock: RedisClock,
        tasks: TaskList,
        provider: ProviderModel,
        promises: Promises,
        story: Story,
    ) -> None:
        self.done: list[Task] = []
        self.is_killed = False
        self._runtime = runtime
        self._clock = clock
        self._tasks = tasks
        self._provider = provider
        self._promises = promises
        self._story = story
        self._functions = TaskFunctions()
        self._last_tick = self._last_sweep = self._last_reservations = self._last_statuses = clock.now
        register_tasks(self._functions, lambda _account: runtime)  # type: ignore[arg-type]
        provider.on_killed = self._kill

    def work_until(self, end: datetime) -> None:
        """Let workers and beat run until a time."""
        stride = max(TICK, (end - self._clock.now) / TICKS_OF_SENDING)
        self.tick()
        while (due := self.next_due(stride)) is not None and due <= end:
            self._clock.set(due)
            self.tick()
        if self._clock.now < end:
            self._clock.set(end)
            self.tick()

    def next_due(self, stride: timedelta) -> datetime | None:
        """Return when beat finds something to do; messages to send at most once in a stride."""
        keys = self._runtime.store.keys
        with self._runtime.store.redis.pipeline(transaction=False) as pipe:
            for key in (keys.due_to_check, keys.due_to_send, *map(keys.waiting, SENDING_LANES)):
                pipe.zrange(key, 0, 0, withscores=True)
            first = [from_milliseconds(entries[0][1]) if entries else None for entries in pipe.execute()]
        check, send, *waiting = first
        times = [max(one, self._last_sweep) + self._runtime.settings.sweep_interval + TICK for one in waiting if one]
        times += [check] if check else []
        times += [max(send, self._last_tick + stride)] if send else []
        return max(min(times), self._clock.now + TICK) if times else None

    def tick(self) -> None:
        """Run beat's jobs once, and then all tasks."""
        self._provider.calls.happen()
        self._last_tick = self._clock.now
        with self._promises.beat():
            self.guarded(self._runtime.reconciler.publish_due)
            if self._clock.now - self._last_sweep >= self._runtime.settings.sweep_interval:
                self._last_sweep = self._clock.now
                self.guarded(self._runtime.reconciler.sweep)
        for _ in range(MOST_TASKS):
            if (task := self._tasks.take()) is None:
                return
            self._run(task)
        raise AssertionError("tasks publish tasks without end")

    def compare(self, *, statuses: bool) -> None:
        """Compare the store with the provider."""
        runs = self._runtime.comparison_runs
        self.guarded(runs.compare_statuses if statuses else runs.compare_reservations)

    def compare_when_due(self) -> None:
        """Compare as often as beat does."""
        if self._clock.now - self._last_reservations >= RESERVATIONS_INTERVAL:
            self._last_reservations = self._clock.now
            self.compare(statuses=False)
        if self._clock.now - self._last_statuses >= STATUSES_INTERVAL:
            self._last_statuses = self._clock.now
            self.compare(statuses=True)

    def guarded(self, job: Callable[[], object]) -> bool:
        """Do a job of a worker. Return False if the worker was killed."""
        outer, self.is_killed = self.is_killed, False
        try:
            job()
        except WorkerKilled:
            return False
        finally:
            self.is_killed = outer
            self._promises.check()
        return True

    def _run(self, task: Task) -> None:
        self._story.tell(f"  task {task}")
        self.done.append(task)
        with self._promises.task(task):
            if self.guarded(lambda: self._functions.run(task)):
                self._promises.completed()

    def _kill(self) -> None:
        self.is_killed = True
