"""The Celery tasks. Each passes its arguments to one service and returns nothing."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import structlog
from celery import Celery, Task

from zettai.core.tasks import ClientTags, Day, GroupTag, TaskName, TickTime
from zettai_worker.runtime import Runtime

logger = structlog.get_logger("zettai.tasks")


class TaskInterrupted(Exception):  # noqa: N818 - reads as the fact that it states
    """A task raised something that is not an `Exception`, for example `SystemExit`."""


class ErrorsOnlyTask(Task):  # type: ignore[type-arg]
    """A task that raises nothing but `Exception`. A `SystemExit`, for example, would end a pool thread for good."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task with its name and id in each log line."""
        with structlog.contextvars.bound_contextvars(task=self.name, task_id=self.request.id):
            try:
                return super().__call__(*args, **kwargs)
            except Exception:
                # Celery logs an ordinary error, and the thread continues.
                raise
            except BaseException as interruption:  # noqa: BLE001 - see the class
                name = type(interruption).__name__
            raise TaskInterrupted(name)


def register_tasks(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Register the tasks.

    Args:
        app: the Celery app.
        runtime: returns the services of this process.
    """
    task = partial(app.task, base=ErrorsOnlyTask)

    @task(name=TaskName.SEND)
    def send(client_tags: ClientTags) -> None:
        runtime().sender.send(client_tags)

    @task(name=TaskName.CANCEL)
    def cancel(client_tags: ClientTags) -> None:
        runtime().canceler.cancel(client_tags)

    @task(name=TaskName.CANCEL_GROUP)
    def cancel_group(group: GroupTag) -> None:
        runtime().bulk_canceler.cancel_group(group)

    @task(name=TaskName.CANCEL_ALL)
    def cancel_all(confirm_client_id: str) -> None:
        runtime().bulk_canceler.cancel_all(confirm_client_id)

    @task(name=TaskName.CHECK)
    def check(client_tags: ClientTags) -> None:
        runtime().status_checker.check(client_tags)

    @task(name=TaskName.CHECK_DAY)
    def check_day(day: Day, client_tags: ClientTags) -> None:
        runtime().status_checker.check_day(date.fromisoformat(day), client_tags)

    @task(name=TaskName.LOOK_UP)
    def look_up(client_tags: ClientTags) -> None:
        runtime().unknown_outcomes.look_up(client_tags)

    _register_periodic_tasks(app, runtime)


def _register_periodic_tasks(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Register the tasks that beat publishes."""

    def register(name: str, run: Callable[[Runtime], None]) -> None:
        @app.task(base=ErrorsOnlyTask, name=name)
        def start(handed_out_at: TickTime) -> None:
            if runtime().ticks.start(name, handed_out_at):
                run(runtime())

    register(TaskName.PUBLISH_DUE, lambda services: services.reconciler.publish_due())
    register(TaskName.SWEEP, lambda services: services.reconciler.sweep())
    register(TaskName.PURGE, lambda services: services.reconciler.purge())
    register(TaskName.COMPARE_RESERVATIONS, lambda services: services.comparison_runs.compare_reservations())
    register(TaskName.COMPARE_STATUSES, lambda services: services.comparison_runs.compare_statuses())
