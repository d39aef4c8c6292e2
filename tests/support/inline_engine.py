"""The engine without its threads: it works on each message at once, one after the other."""

from collections.abc import Callable, Sequence
from typing import Any

from zettai.core.lanes import Lane
from zettai_worker.engine import Engine, Work


class InlineEngine(Engine):
    """Does the same work, and has done it when it returns."""

    def add(self, work: Work[Any, Any], lane: Lane, client_tags: Sequence[str]) -> None:
        """Take all messages, then call and record one after the other."""
        for item in work.take(client_tags):
            work.record([work.call(item, self._slots)])

    def run(self, lane: Lane, task: str, job: Callable[[], object]) -> None:
        """Run a job."""
        job()
