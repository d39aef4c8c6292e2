"""The tasks: what the queues may ask for. Each hands its tags to one service, and returns nothing."""

from collections.abc import Callable
from datetime import date
from typing import Any

import structlog
from celery import Celery, Task

from producers.queues import TaskName
from worker.runtime import Runtime

logger = structlog.get_logger("zettai.tasks")


class TaskInterrupted(Exception):  # noqa: N818 - reads as the fact that it states
    """Something that is no error, such as SystemExit, tried to leave a task."""


class ContainedTask(Task):  # type: ignore[type-arg]
    """A task that no exception leaves as anything but an error: a thread pool loses a thread to the others for good."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task, with its name and id in each of its log lines."""
        with structlog.contextvars.bound_contextvars(task=self.name, task_id=self.request.id):
            try:
                return super().__call__(*args, **kwargs)
            except Exception:
                raise
            except BaseException as interruption:  # noqa: BLE001 - see the class
                name = type(interruption).__name__
            raise TaskInterrupted(name)


def register_tasks(app: Celery, runtime: Runtime) -> None:
    """Tell the app which function each task name stands for."""

    def check_day(day: str, client_tags: list[str]) -> None:
        runtime.checker.check_day(date.fromisoformat(day), client_tags)

    functions: dict[str, Callable[..., None]] = {
        TaskName.SEND: runtime.sender.send,
        TaskName.CANCEL: runtime.canceler.cancel,
        TaskName.CANCEL_GROUP: runtime.canceler.cancel_group,
        TaskName.CANCEL_ALL: runtime.canceler.cancel_all,
        TaskName.CHECK: runtime.checker.check,
        TaskName.CHECK_DAY: check_day,
        TaskName.WAKE_DUE: runtime.reconciler.wake_due,
        TaskName.SWEEP: runtime.reconciler.sweep,
        TaskName.FORGET: runtime.reconciler.forget,
    }
    for name, function in functions.items():
        app.task(name=name, base=ContainedTask)(function)
