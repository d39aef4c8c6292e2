"""The callers: their number follows the load."""

from collections.abc import Callable, Iterator
from functools import partial
from threading import Event, Lock, Thread, get_ident

import pytest
from structlog.testing import capture_logs
from tests.support.stack import eventually

from zettai.core.lanes import Lane
from zettai_worker.engine import callers as module
from zettai_worker.engine.callers import ENOUGH_WAIT, Callers


@pytest.fixture
def may_end() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def start(callers: Callers, job: Callable[[], object], lane: Lane = Lane.BULK) -> None:
    """Start a job that has its slot at once."""

    def run() -> None:
        callers.has_slot(lane)
        job()

    callers.start(lane, [run])


def test_each_job_in_flight_has_a_thread(may_end: Event) -> None:
    callers = Callers()
    for _ in range(50):
        start(callers, lambda: may_end.wait(30))

    eventually(lambda: callers.busy == 50, "all jobs are in flight")
    may_end.set()
    assert callers.join(60)
    assert callers.busy == 0


def test_no_thread_is_started_while_enough_jobs_wait_for_slots(may_end: Event) -> None:
    callers, has_slot = Callers(), Event()

    def job() -> None:
        has_slot.wait(30)
        callers.has_slot(Lane.BULK)
        may_end.wait(30)

    callers.start(Lane.BULK, [job] * 20)
    assert callers.count == ENOUGH_WAIT

    has_slot.set()
    eventually(lambda: callers.busy == 20, "all jobs are in flight")


def test_jobs_of_other_lanes_do_not_keep_an_urgent_one_waiting(may_end: Event) -> None:
    callers, urgent = Callers(), Event()
    callers.start(Lane.STATUS, [lambda: may_end.wait(30)] * 20)
    callers.start(Lane.BULK, [lambda: may_end.wait(30)] * 20)

    callers.start(Lane.URGENT, [urgent.set])

    assert urgent.wait(60)


def test_thread_that_becomes_free_takes_the_most_urgent_job(may_end: Event) -> None:
    done: list[Lane] = []
    callers = Callers(most=1)
    start(callers, lambda: may_end.wait(30))
    for lane in reversed(Lane):
        start(callers, partial(done.append, lane), lane)
    may_end.set()

    assert callers.join(60)
    assert done == list(Lane)


def test_free_thread_is_used_again() -> None:
    callers, used = Callers(), []
    for _ in range(20):
        start(callers, lambda: used.append(get_ident()))
        assert callers.join(60)

    assert callers.count == 1
    assert len(used) == 20
    assert len(set(used)) == 1


def test_threads_that_are_not_needed_end(may_end: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    callers = Callers()
    for _ in range(10):
        start(callers, lambda: may_end.wait(30))
    may_end.set()

    eventually(lambda: callers.count == 0, "all threads have ended")


class LateLock:
    """A lock whose waits with a time end without it, in the moment in which it is released."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._released = Event()

    def acquire(self, timeout: float = -1) -> bool:
        if timeout < 0:
            return self._lock.acquire()
        self._released.wait(30)
        self._released.clear()
        return False

    def release(self) -> None:
        self._lock.release()
        self._released.set()


def test_threads_that_get_jobs_when_their_time_is_over_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "Lock", LateLock)
    callers, used = Callers(), []
    for _ in range(4):
        start(callers, lambda: used.append(get_ident()))
        assert callers.join(60)

    assert len(used) == 4
    assert len(set(used)) == 1


def test_job_waits_if_there_may_be_no_more_threads(may_end: Event) -> None:
    callers, done = Callers(most=2), Event()
    for _ in range(2):
        start(callers, lambda: may_end.wait(30))
    start(callers, done.set)

    assert not done.wait(0.1)
    may_end.set()

    assert done.wait(60)
    assert callers.count == 2


def refuse(*_: object, **__: object) -> Thread:
    """Start no thread, as a system does that has too many."""
    raise RuntimeError("can't start new thread")


def test_job_waits_for_a_free_thread_if_the_system_allows_no_more(
    may_end: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers, done = Callers(), Event()
    start(callers, lambda: may_end.wait(30))

    monkeypatch.setattr(module, "Thread", refuse)
    with capture_logs() as logs:
        start(callers, done.set)
    assert logs == [{"event": "no_more_threads", "log_level": "error", "threads": 1}]
    may_end.set()

    assert done.wait(60)
    assert callers.count == 1


def test_job_waits_until_the_system_allows_a_first_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "THREAD_PAUSE", 0.01)
    callers, done = Callers(), Event()
    with monkeypatch.context() as patch, capture_logs() as logs:
        patch.setattr(module, "Thread", refuse)
        starting = Thread(target=start, args=(callers, done.set))
        starting.start()
        eventually(lambda: logs, "it is logged")

    assert done.wait(60)
    starting.join(60)


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_job_that_fails_ends_no_thread(error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    callers, done = Callers(), Event()
    with capture_logs() as logs:
        start(callers, fail)
        assert callers.join(60)
    start(callers, done.set)

    assert done.wait(60)
    assert [line["event"] for line in logs] == ["call_crashed"]
    assert callers.count == 1
