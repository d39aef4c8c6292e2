"""The threads that make calls: one for each call in flight or waiting for its slot. Their number follows the load.

A caller whose call has ended takes the next job itself. An idle one is woken, or a new one started, only while too few
jobs of a lane wait for their slots: waking a thread costs a tenth of a message's CPU time.
"""

from collections import deque
from collections.abc import Callable, Iterable
from threading import Condition, Lock, Thread

import structlog

from zettai.core.lanes import SENDING_LANES, Lane

logger = structlog.get_logger("zettai.engine")

MOST_CALLERS = 2_000
"""Threads of one process, which its accounts share equally. With one account, one process alone then uses the limit of
600 calls a second up to a latency of 3 seconds. With more threads, a provider that hangs would take hundreds of
megabytes of memory from the host.
"""

IDLE_SECONDS = 10.0
"""A caller without a call for so long ends."""

ENOUGH_WAIT = 8
"""From so many jobs that wait for slots on, the next ones wait for a caller that becomes free. The limiter gives slots
to callers up to 16 ms ahead, in which one of two processes sends 5.
"""

THREAD_PAUSE = 1.0
"""Seconds until a thread is started again, after the system has refused the first one."""

Job = Callable[[], object]


class _Caller:
    """A thread that is given one job after the other."""

    __slots__ = ("job", "wake_up")

    def __init__(self, job: Job) -> None:
        self.job: Job | None = job
        self.wake_up = Lock()
        self.wake_up.acquire()


class Callers:
    """Runs jobs that wait for a slot first. Each must call `has_slot` once: when it has its slot, or needs none.

    `ThreadPoolExecutor` never ends a thread, and wakes the one that was idle for longest, so all would stay in use.
    """

    def __init__(self, most: int = MOST_CALLERS, on_thread_start: Callable[[], object] = lambda: None) -> None:
        """Prepare to run jobs.

        Args:
            most: the most threads.
            on_thread_start: called at the start of each thread, in it.
        """
        self._most = most
        self._on_thread_start = on_thread_start
        self._count = 0
        self._idle: list[_Caller] = []
        self._ready: dict[Lane, deque[Job]] = {lane: deque() for lane in Lane}
        self._waiting = dict.fromkeys(Lane, 0)
        self._changed = Condition()

    @property
    def count(self) -> int:
        """The number of threads."""
        return self._count

    @property
    def busy(self) -> int:
        """The number of threads that have a job."""
        return self._count - len(self._idle)

    def start(self, lane: Lane, jobs: Iterable[Job]) -> None:
        """Run jobs soon, each in a thread of its own. Wait while the system allows no thread at all."""
        with self._changed:
            for job in jobs:
                self._ready[lane].append(job)
                self._start_next()
            while not self._count and self._ready[lane]:
                self._changed.wait(THREAD_PAUSE)
                self._start_next()

    def has_slot(self, lane: Lane) -> None:
        """Note that a job of a lane waits for its slot no longer."""
        with self._changed:
            self._waiting[lane] -= 1
            self._start_next()

    def join(self, timeout: float) -> bool:
        """Wait until all jobs have ended. Return False if some have not after the timeout."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.busy, timeout)

    def _run(self, caller: _Caller) -> None:
        self._on_thread_start()
        while caller.job is not None:
            try:
                caller.job()
            except BaseException:
                # Whatever it is, a SystemExit of a library too: the thread is counted, and must go on.
                logger.exception("call_crashed")
            self._get_next_job(caller)

    def _get_next_job(self, caller: _Caller) -> None:
        """Give a caller its next job, if there is one before it has been idle for long."""
        with self._changed:
            lane = next((lane for lane in Lane if self._ready[lane]), None)
            caller.job = None if lane is None else self._take(lane)
            if caller.job is not None:
                return
            self._idle.append(caller)
            self._changed.notify_all()
        was_woken = caller.wake_up.acquire(timeout=IDLE_SECONDS)
        with self._changed:
            if caller.job is None:
                self._idle.remove(caller)
                self._count -= 1
            elif not was_woken:
                caller.wake_up.acquire()  # it got a job just when its time was over

    # The methods below are called with the lock held.

    def _start_next(self) -> None:
        """Start the most urgent job for which too few others wait, if a thread is idle or there may be one more."""
        lane = next((lane for lane in Lane if self._ready[lane] and self._waiting_before(lane) < ENOUGH_WAIT), None)
        if lane is None:
            return
        if self._idle:
            # The one that was busy last: the others end if they are not needed.
            caller = self._idle.pop()
            caller.job = self._take(lane)
            caller.wake_up.release()
        elif self._count < self._most:
            self._start_thread(lane)

    def _start_thread(self, lane: Lane) -> None:
        caller = _Caller(job := self._take(lane))
        try:
            Thread(target=self._run, args=(caller,), name="zettai-caller", daemon=True).start()
        except RuntimeError:
            logger.error("no_more_threads", threads=self._count)  # noqa: TRY400 - the traceback says no more
            self._ready[lane].appendleft(job)  # for the next caller that becomes free
            self._waiting[lane] -= 1
        else:
            self._count += 1

    def _waiting_before(self, lane: Lane) -> int:
        """Return how many jobs get their slots before the next one of a lane."""
        if lane is Lane.STATUS:
            return self._waiting[lane]
        return sum(self._waiting[one] for one in SENDING_LANES[: SENDING_LANES.index(lane) + 1])

    def _take(self, lane: Lane) -> Job:
        self._waiting[lane] += 1
        return self._ready[lane].popleft()
