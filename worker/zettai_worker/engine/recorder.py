"""The thread that records outcomes, many at a time, so that each costs Redis and this process little."""

from collections import deque
from collections.abc import Sequence
from itertools import groupby
from threading import Condition, Event
from time import sleep
from typing import Any

import structlog

from zettai.core.redis_problem import describe_redis_error
from zettai.core.store.connection import REDIS_AWAY
from zettai_worker.engine.work import Work

logger = structlog.get_logger("zettai.engine")

GATHER_SECONDS = 0.03
"""How long the first outcome waits for more. If the process is killed meanwhile, they are looked up."""

MOST_AT_ONCE = 48
"""Outcomes that one script records. A longer script would delay the booking of slots in the same Redis."""

REDIS_PAUSE = 0.5
"""Seconds until outcomes are recorded again after Redis did not answer. They wait for as long as it takes."""

Finished = tuple[Work[Any, Any], Any]


class Recorder:
    """Records the outcomes in the order in which the calls ended."""

    def __init__(self) -> None:
        self._outcomes: deque[Finished] = deque()
        self._is_closed = False
        self._changed = Condition()
        self._stopping = Event()

    def add(self, work: Work[Any, Any], outcome: Any) -> None:
        """Record an outcome soon."""
        with self._changed:
            self._outcomes.append((work, outcome))
            if len(self._outcomes) == 1:
                self._changed.notify()

    def close(self) -> None:
        """End the thread when all outcomes are recorded. None may be added after this."""
        self._stopping.set()
        with self._changed:
            self._is_closed = True
            self._changed.notify()

    def run(self) -> None:
        """Record outcomes until the recorder is closed."""
        while batch := self._next():
            for work, finished in groupby(batch, key=lambda one: one[0]):
                self._record(work, [outcome for _, outcome in finished])

    def _next(self) -> list[Finished]:
        """Wait for outcomes, and return them. Return none if the recorder is closed and has none."""
        with self._changed:
            while not self._outcomes and not self._is_closed:
                self._changed.wait()
        if len(self._outcomes) < MOST_AT_ONCE:
            self._stopping.wait(GATHER_SECONDS)
        with self._changed:
            return [self._outcomes.popleft() for _ in range(min(MOST_AT_ONCE, len(self._outcomes)))]

    def _record(self, work: Work[Any, Any], outcomes: Sequence[Any]) -> None:
        is_away = False
        while True:
            try:
                work.record(outcomes)
            except REDIS_AWAY as error:
                # Without Redis nothing is claimed, so this list does not grow. A known outcome must not be lost.
                if not is_away:
                    logger.warning("outcomes_wait_for_redis", task=work.task, error=describe_redis_error(error))
                is_away = True
                sleep(REDIS_PAUSE)
            except Exception:
                # Whatever is wrong with one outcome, the others must be recorded. Its message is looked up.
                if len(outcomes) == 1:
                    logger.exception("record_failed", task=work.task)
                    return
                for outcome in outcomes:
                    self._record(work, [outcome])
                return
            else:
                return
