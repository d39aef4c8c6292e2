"""The Celery tasks. Each hands its arguments to the engine of this process, and returns at once."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from celery import Celery, Task

from zettai.core.lanes import Lane, parse_queue
from zettai.core.tasks import ClientTags, Day, GroupTag, TaskName, TickTime
from zettai_worker.engine import Work
from zettai_worker.runtime import Runtime
from zettai_worker.runtimes import RuntimeOf
from zettai_worker.shown_tasks import NOT_SHOWN


def register_tasks(app: Celery, runtime_of: RuntimeOf) -> None:
    """Register the tasks.

    Args:
        app: the Celery app.
        runtime_of: returns the services of an account in this process. The queue of a task says to which it belongs.
    """

    def add(task: Task[Any, Any], choose_work: Callable[[Runtime], Work[Any, Any]], client_tags: Sequence[str]) -> None:
        lane, account = _queue_of(task)
        runtime = runtime_of(account)
        runtime.engine.add(choose_work(runtime), lane, client_tags)

    @app.task(name=TaskName.SEND, bind=True)
    def send(self: Task[Any, Any], client_tags: ClientTags) -> None:
        add(self, lambda runtime: runtime.sender, client_tags)

    @app.task(name=TaskName.SEND_IN_TURN, bind=True)
    def send_in_turn(self: Task[Any, Any], client_tags: ClientTags) -> None:
        lane, _ = _queue_of(self)
        add(self, lambda runtime: runtime.turn_senders.get(lane, runtime.sender), client_tags)

    @app.task(name=TaskName.CANCEL, bind=True)
    def cancel(self: Task[Any, Any], client_tags: ClientTags) -> None:
        add(self, lambda runtime: runtime.canceler, client_tags)

    @app.task(name=TaskName.CHECK, bind=True)
    def check(self: Task[Any, Any], client_tags: ClientTags) -> None:
        add(self, lambda runtime: runtime.status_checker, client_tags)

    @app.task(name=TaskName.LOOK_UP, bind=True)
    def look_up(self: Task[Any, Any], client_tags: ClientTags) -> None:
        add(self, lambda runtime: runtime.unknown_outcomes, client_tags)

    _register_jobs(app, runtime_of)


def _register_jobs(app: Celery, runtime_of: RuntimeOf) -> None:
    """Register the tasks that are not about single messages."""

    def run(task: Task[Any, Any], job: Callable[[Runtime], object]) -> None:
        lane, account = _queue_of(task)
        runtime = runtime_of(account)
        runtime.engine.run(lane, task.name, lambda: job(runtime))

    @app.task(name=TaskName.CHECK_DAY, bind=True)
    def check_day(self: Task[Any, Any], day: Day, client_tags: ClientTags) -> None:
        run(self, lambda runtime: runtime.day_checker.check_day(date.fromisoformat(day), client_tags))

    @app.task(name=TaskName.CANCEL_GROUP, bind=True)
    def cancel_group(self: Task[Any, Any], group: GroupTag) -> None:
        run(self, lambda runtime: runtime.bulk_canceler.cancel_group(group))

    @app.task(name=TaskName.CANCEL_ALL, bind=True)
    def cancel_all(self: Task[Any, Any], confirm_client_id: str) -> None:
        run(self, lambda runtime: runtime.bulk_canceler.cancel_all(confirm_client_id))

    _register_periodic_tasks(app, run)


def _register_periodic_tasks(app: Celery, run: Callable[[Task[Any, Any], Callable[[Runtime], object]], None]) -> None:
    """Register the tasks that beat publishes."""

    def register(name: str, job: Callable[[Runtime], None]) -> None:
        @app.task(name=name, bind=True, send_events=name not in NOT_SHOWN)
        def start(self: Task[Any, Any], handed_out_at: TickTime) -> None:
            def job_of_tick(runtime: Runtime) -> None:
                if runtime.ticks.start(name, handed_out_at):
                    job(runtime)

            run(self, job_of_tick)

    register(TaskName.PUBLISH_DUE, lambda runtime: runtime.reconciler.publish_due())
    register(TaskName.SWEEP, lambda runtime: runtime.reconciler.sweep())
    register(TaskName.PURGE, lambda runtime: runtime.reconciler.purge())
    register(TaskName.COMPARE_RESERVATIONS, lambda runtime: runtime.comparison_runs.compare_reservations())
    register(TaskName.COMPARE_STATUSES, lambda runtime: runtime.comparison_runs.compare_statuses())
    register(TaskName.COMPARE_PARTS, lambda runtime: runtime.parts_comparison.run())


def _queue_of(task: Task[Any, Any]) -> tuple[Lane, str | None]:
    """Return the lane and the account in whose queue the task was."""
    delivery = task.request.delivery_info or {}
    return parse_queue(str(delivery["routing_key"]))
