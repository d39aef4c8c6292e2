"""Keeps a host's processes alive until it is told to stop, then ends them in order."""

from collections.abc import Sequence
from datetime import timedelta
from signal import SIGINT
from time import monotonic

import structlog

from zettai_worker.supervisor.child import Child
from zettai_worker.supervisor.signals import STOP, Signals

logger = structlog.get_logger("zettai.supervisor")

HURRY = 5.0
"""Seconds that the processes still get after a second Ctrl-C."""


class Supervisor:
    """Runs some processes. It sleeps until one ends, one is due to be started again, or a signal to stop comes."""

    def __init__(self, children: Sequence[Child], *, grace: timedelta) -> None:
        """Take charge; nothing is started yet.

        Args:
            children: the processes to run.
            grace: how long they may take to end after the signal to stop.
        """
        self._children = children
        self._grace = grace.total_seconds()

    def run(self) -> bool:
        """Run until SIGTERM or SIGINT, in the main thread. Tells whether all processes ended without force."""
        with Signals() as signals:
            came: list[int] = []
            while not STOP.intersection(came):
                self._start_due()
                came = [*signals.wait(self._pause())]
                self._bury()
            return self._end(signals)

    def _start_due(self) -> None:
        for child in self._children:
            if child.pid is None and child.due_at <= monotonic():
                child.start()
                logger.info("process_started", process=child.name, child=child.pid)

    def _pause(self) -> float | None:
        """How long nothing is to be done, unless a signal comes; None where all processes run."""
        due = [child.due_at for child in self._children if child.pid is None]
        return max(0.0, min(due) - monotonic()) if due else None

    def _bury(self) -> None:
        for child in self._children:
            code = child.bury()
            if code is not None:
                wait = child.due_at - monotonic()
                logger.warning("process_died", process=child.name, exit_code=code, again_in=round(wait, 1))

    def _end(self, signals: Signals) -> bool:
        """Ask all to end, once; a second SIGTERM changes nothing, a second Ctrl-C shortens the wait."""
        running = self._running()
        logger.info("stopping", processes=len(running), grace=self._grace)
        for child in running:
            child.ask_to_end()
        deadline = monotonic() + self._grace
        while (running := self._running()) and (remaining := deadline - monotonic()) > 0:
            if SIGINT in signals.wait(remaining):
                deadline = min(deadline, monotonic() + HURRY)
        for child in running:
            logger.error("process_killed", process=child.name, consequence="its messages are looked up again")
            child.kill()
        logger.info("stopped", killed=len(running))
        return not running

    def _running(self) -> list[Child]:
        for child in self._children:
            child.bury()
        return [child for child in self._children if child.pid is not None]
