"""Keeps the processes of a host running until a signal to stop, then stops them."""

from collections.abc import Sequence
from datetime import timedelta
from signal import SIGINT
from time import monotonic

import structlog

from zettai_worker.supervisor.child import Child
from zettai_worker.supervisor.signals import STOP, Signals

logger = structlog.get_logger("zettai.supervisor")

SECOND_INTERRUPT_GRACE = 5.0
"""Seconds that the processes still have after a second Ctrl-C."""


class Supervisor:
    """Runs processes. It sleeps until one ends, one must be restarted, or a signal to stop arrives."""

    def __init__(self, children: Sequence[Child], *, grace: timedelta) -> None:
        """Make the supervisor; no process is started yet.

        Args:
            children: the processes to run.
            grace: how long they may take to stop after the signal.
        """
        self._children = children
        self._grace = grace.total_seconds()

    def run(self) -> bool:
        """Run until SIGTERM or SIGINT, in the main thread. Return whether all processes stopped without SIGKILL."""
        with Signals() as signals:
            arrived: list[int] = []
            while not STOP.intersection(arrived):
                self._start_due()
                arrived = [*signals.wait(self._seconds_until_restart())]
                self._log_exits()
            return self._stop(signals)

    def _start_due(self) -> None:
        for child in self._children:
            if child.pid is None and child.due_at <= monotonic():
                child.start()
                logger.info("process_started", process=child.name, child=child.pid)

    def _seconds_until_restart(self) -> float | None:
        """Return the seconds until the next restart; None if all processes run."""
        due = [child.due_at for child in self._children if child.pid is None]
        return max(0.0, min(due) - monotonic()) if due else None

    def _log_exits(self) -> None:
        for child in self._children:
            code = child.collect_exit_code()
            if code is not None:
                wait = child.due_at - monotonic()
                logger.warning("process_died", process=child.name, exit_code=code, restart_in=round(wait, 1))

    def _stop(self, signals: Signals) -> bool:
        """Terminate all processes. A second SIGTERM changes nothing, a second Ctrl-C shortens the wait."""
        running = self._running()
        logger.info("stopping", processes=len(running), grace=self._grace)
        for child in running:
            child.terminate()
        deadline = monotonic() + self._grace
        while (running := self._running()) and (remaining := deadline - monotonic()) > 0:
            if SIGINT in signals.wait(remaining):
                deadline = min(deadline, monotonic() + SECOND_INTERRUPT_GRACE)
        for child in running:
            logger.error("process_killed", process=child.name, consequence="its messages are looked up")
            child.kill()
        logger.info("stopped", killed=len(running))
        return not running

    def _running(self) -> list[Child]:
        for child in self._children:
            child.collect_exit_code()
        return [child for child in self._children if child.pid is not None]
