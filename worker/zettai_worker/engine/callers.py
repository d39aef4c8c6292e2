"""The threads that make calls: one for each call in flight or waiting for its slot. Their number follows the load."""

from collections.abc import Callable
from threading import Condition, Lock, Thread

import structlog

logger = structlog.get_logger("zettai.engine")

MOST_CALLERS = 2_000
"""Threads of one process: one process alone then uses the limit of 600 calls a second up to a latency of 3 seconds.
With more, a provider that hangs would take hundreds of megabytes of memory from the host.
"""

IDLE_SECONDS = 10.0
"""A caller without a call for so long ends."""

THREAD_PAUSE = 1.0
"""Seconds until a thread is started again, or a free one is found, after the system has refused one."""

Job = Callable[[], object]


class _Caller:
    """A thread that is given one job after the other."""

    __slots__ = ("job", "wake_up")

    def __init__(self, job: Job) -> None:
        self.job: Job | None = job
        self.wake_up = Lock()
        self.wake_up.acquire()


class Callers:
    """Runs each job in a thread that is free, or in a new one.

    `ThreadPoolExecutor` never ends a thread, and wakes the one that was idle for longest, so all would stay in use.
    """

    def __init__(self, most: int = MOST_CALLERS) -> None:
        self._most = most
        self._count = 0
        self._idle: list[_Caller] = []
        self._changed = Condition()

    @property
    def count(self) -> int:
        """The number of threads."""
        return self._count

    @property
    def busy(self) -> int:
        """The number of threads that have a job."""
        return self._count - len(self._idle)

    def start(self, job: Job) -> None:
        """Run a job in a thread of its own. Wait while all threads are busy and there may be no more."""
        while not self._give_to_idle(job):
            try:
                Thread(target=self._run, args=(_Caller(job),), name="zettai-caller", daemon=True).start()
            except RuntimeError:
                logger.error("no_more_threads", threads=self._count - 1)  # noqa: TRY400 - the traceback says no more
                with self._changed:
                    self._count -= 1
                    self._changed.wait(THREAD_PAUSE)
            else:
                return

    def join(self, timeout: float) -> bool:
        """Wait until no thread has a job. Return False if some still have one after the timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.busy, timeout)

    def _give_to_idle(self, job: Job) -> bool:
        """Give a job to a free thread. Return False if a new one is to be started, which is counted already."""
        with self._changed:
            while not self._idle and self._count >= self._most:
                self._changed.wait()
            if self._idle:
                # The one that was busy last: the others end if they are not needed.
                caller = self._idle.pop()
                caller.job = job
                caller.wake_up.release()
                return True
            self._count += 1
            return False

    def _run(self, caller: _Caller) -> None:
        while caller.job is not None:
            try:
                caller.job()
            except BaseException:
                # Whatever it is, a SystemExit of a library too: the thread is counted, and must go on.
                logger.exception("call_crashed")
            caller.job = None
            with self._changed:
                self._idle.append(caller)
                self._changed.notify_all()
            was_woken = caller.wake_up.acquire(timeout=IDLE_SECONDS)
            with self._changed:
                if caller.job is None:
                    self._idle.remove(caller)
                    self._count -= 1
                elif not was_woken:
                    caller.wake_up.acquire()  # it got a job just when its time was over
