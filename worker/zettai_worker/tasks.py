"""The Celery tasks. Each hands its arguments to the engine of this process, and returns at once."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from celery import Celery, Task

from zettai.core.lanes import Lane
from zettai.core.tasks import ClientTags, Day, GroupTag, TaskName, TickTime
from zettai_worker.engine import Work
from zettai_worker.runtime import Runtime


def register_tasks(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Register the tasks.

    Args:
        app: the Celery app.
        runtime: returns the services of this process.
    """

    def add(task: Task[Any, Any], work: Work[Any, Any], client_tags: Sequence[str]) -> None:
        runtime().engine.add(work, _lane_of(task), client_tags)

    def run(task: Task[Any, Any], job: Callable[[], object]) -> None:
        runtime().engine.run(_lane_of(task), task.name, job)

    @app.task(name=TaskName.SEND, bind=True)
    def send(self: Task[Any, Any], client_tags: ClientTags) -> None:
        add(self, runtime().sender, client_tags)

    @app.task(name=TaskName.CANCEL, bind=True)
    def cancel(self: Task[Any, Any], client_tags: ClientTags) -> None:
        add(self, runtime().canceler, client_tags)

    @app.task(name=TaskName.CHECK, bind=True)
    def check(self: Task[Any, Any], client_tags: ClientTags) -> None:
        add(self, runtime().status_checker, client_tags)

    @app.task(name=TaskName.LOOK_UP, bind=True)
    def look_up(self: Task[Any, Any], client_tags: ClientTags) -> None:
        add(self, runtime().unknown_outcomes, client_tags)

    @app.task(name=TaskName.CHECK_DAY, bind=True)
    def check_day(self: Task[Any, Any], day: Day, client_tags: ClientTags) -> None:
        run(self, lambda: runtime().day_checker.check_day(date.fromisoformat(day), client_tags))

    @app.task(name=TaskName.CANCEL_GROUP, bind=True)
    def cancel_group(self: Task[Any, Any], group: GroupTag) -> None:
        run(self, lambda: runtime().bulk_canceler.cancel_group(group))

    @app.task(name=TaskName.CANCEL_ALL, bind=True)
    def cancel_all(self: Task[Any, Any], confirm_client_id: str) -> None:
        run(self, lambda: runtime().bulk_canceler.cancel_all(confirm_client_id))

    _register_periodic_tasks(app, runtime)


def _lane_of(task: Task[Any, Any]) -> Lane:
    """Return the lane in whose queue the task was."""
    delivery = task.request.delivery_info or {}
    return Lane(str(delivery["routing_key"]))


def _register_periodic_tasks(app: Celery, runtime: Callable[[], Runtime]) -> None:
    """Register the tasks that beat publishes."""

    def register(name: str, run: Callable[[Runtime], None]) -> None:
        @app.task(name=name, bind=True)
        def start(self: Task[Any, Any], handed_out_at: TickTime) -> None:
            def job() -> None:
                if runtime().ticks.start(name, handed_out_at):
                    run(runtime())

            runtime().engine.run(_lane_of(self), name, job)

    register(TaskName.PUBLISH_DUE, lambda services: services.reconciler.publish_due())
    register(TaskName.SWEEP, lambda services: services.reconciler.sweep())
    register(TaskName.PURGE, lambda services: services.reconciler.purge())
    register(TaskName.COMPARE_RESERVATIONS, lambda services: services.comparison_runs.compare_reservations())
    register(TaskName.COMPARE_STATUSES, lambda services: services.comparison_runs.compare_statuses())
