"""`Engine`: puts the parts together, starts and stops them."""

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Lock, Thread
from time import monotonic
from typing import Any

import structlog

from zettai.core.lanes import Lane
from zettai_worker.engine.callers import MOST_CALLERS, Callers
from zettai_worker.engine.claimer import Claimer, give_back
from zettai_worker.engine.feed import Batch, Feed
from zettai_worker.engine.recorder import Recorder
from zettai_worker.engine.work import CountedSlots, Slots, Work

logger = structlog.get_logger("zettai.engine")

JOBS_AT_ONCE = 4
"""Threads for the jobs of each lane."""

MOST_JOBS = 100
"""From so many jobs of a lane on, its queue is not read. So many that a burst of group cancels, which take seconds,
keeps no one-time password waiting.
"""


class Engine:
    """Does the work of one process. Its threads start when it gets its first work."""

    def __init__(self, slots: Slots, *, account: str | None = None, most_callers: int = MOST_CALLERS) -> None:
        """Make the engine.

        Args:
            slots: of the rate limit.
            account: whose work it does; its log lines name it.
            most_callers: the most threads for calls.
        """
        self._slots = slots
        self._name_account = partial(_name_account, account)
        self._feed = Feed()
        self._callers = Callers(most_callers, self._name_account)
        self._recorder = Recorder()
        self._claimer = Claimer(self._feed, self._start_calls)
        self._jobs = {
            lane: ThreadPoolExecutor(JOBS_AT_ONCE, f"zettai-{lane}", initializer=self._name_account) for lane in Lane
        }
        self._open_jobs = dict.fromkeys(Lane, 0)
        self._left: list[Batch] = []
        self._threads: list[Thread] = []
        self._lock = Lock()

    @property
    def callers(self) -> Callers:
        """The threads that make calls."""
        return self._callers

    @property
    def feed(self) -> Feed:
        """The messages that wait in this process."""
        return self._feed

    def has_room(self, lane: Lane) -> bool:
        """Return whether more tasks of a lane are welcome."""
        return self._feed.has_room(lane) and self._open_jobs[lane] < MOST_JOBS

    def add(self, work: Work[Any, Any], lane: Lane, client_tags: Sequence[str]) -> None:
        """Work on messages soon. If the engine stops, they go back at once."""
        self._ensure_running()
        batch = Batch(work, lane, client_tags)
        if not self._feed.add(batch):
            give_back(batch)

    def run(self, lane: Lane, task: str, job: Callable[[], object]) -> None:
        """Run a job that is not about single messages, such as a comparison, in a thread of its own."""

        def run() -> None:
            with structlog.contextvars.bound_contextvars(task=task):
                try:
                    job()
                except Exception:
                    # Whatever the error is, it is logged: the pool keeps it in a result that is not read.
                    logger.exception("job_failed")
                finally:
                    self._count_job(lane, -1)

        with suppress(RuntimeError):  # The engine stops. Beat or the due times in the store start the job again.
            self._jobs[lane].submit(run)
            self._count_job(lane, 1)

    def stop(self) -> None:
        """Take nothing new. Calls and jobs that have begun are finished."""
        self._claimer.stop()
        for jobs in self._jobs.values():
            jobs.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._left += self._feed.close()

    def give_back(self) -> None:
        """After `stop`: give back what was waiting, so that other workers take it."""
        with self._lock:
            left, self._left = self._left, []
        for batch in left:
            give_back(batch)

    def join(self, timeout: float) -> bool:
        """After `stop`: wait until all calls have ended and are recorded. Return False if time is over before that."""
        deadline = monotonic() + timeout
        threads = self._threads
        if not threads:
            return True
        claimer, recorder = threads
        claimer.join(timeout)
        self._callers.join(max(0.0, deadline - monotonic()))
        self._recorder.close()
        recorder.join(max(0.0, deadline - monotonic()))
        return not recorder.is_alive()

    def _ensure_running(self) -> None:
        with self._lock:
            if not self._threads:
                self._threads = [
                    Thread(target=self._run_thread, args=(run,), name=f"zettai-{name}", daemon=True)
                    for name, run in (("claimer", self._claimer.run), ("recorder", self._recorder.run))
                ]
                for thread in self._threads:
                    thread.start()

    def _run_thread(self, run: Callable[[], None]) -> None:
        self._name_account()
        _end_process_with(run)

    def _start_calls(self, batch: Batch, items: Sequence[Any]) -> None:
        self._callers.start(batch.lane, [partial(self._call, batch.work, batch.lane, item) for item in items])

    def _call(self, work: Work[Any, Any], lane: Lane, item: Any) -> None:
        slots = CountedSlots(self._slots, lambda: self._has_slot(lane))
        try:
            outcome = work.call(item, slots)
        finally:
            slots.close()
        self._recorder.add(work, outcome)

    def _has_slot(self, lane: Lane) -> None:
        self._feed.sent(lane)
        self._callers.has_slot(lane)

    def _count_job(self, lane: Lane, number: int) -> None:
        with self._lock:
            self._open_jobs[lane] += number


def _name_account(account: str | None) -> None:
    """Name the account in the log lines of the present thread. The default account needs no name."""
    if account is not None:
        structlog.contextvars.bind_contextvars(account=account)


def _end_process_with(run: Callable[[], None]) -> None:
    """Run a thread of the engine, without which nothing works. If it fails, stop the process: a new one is started."""
    try:
        run()
    except BaseException:
        # Whatever ended the thread, the process must not go on without it.
        logger.exception("engine_failed")
        os.kill(os.getpid(), signal.SIGTERM)
