"""The callers: their number follows the load."""

from collections.abc import Iterator
from threading import Event, Lock, Thread, get_ident

import pytest
from structlog.testing import capture_logs
from tests.support.stack import eventually

from zettai_worker.engine import callers as module
from zettai_worker.engine.callers import Callers


@pytest.fixture
def may_end() -> Iterator[Event]:
    event = Event()
    yield event
    event.set()


def test_each_job_in_flight_has_a_thread(may_end: Event) -> None:
    callers = Callers()
    for _ in range(50):
        callers.start(lambda: may_end.wait(30))

    assert (callers.count, callers.busy) == (50, 50)
    may_end.set()
    assert callers.join(10)
    assert callers.busy == 0


def test_free_thread_is_used_again() -> None:
    callers, used = Callers(), []
    for _ in range(20):
        callers.start(lambda: used.append(get_ident()))
        assert callers.join(10)

    assert callers.count == 1
    assert len(used) == 20
    assert len(set(used)) == 1


def test_threads_that_are_not_needed_end(may_end: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    callers = Callers()
    for _ in range(10):
        callers.start(lambda: may_end.wait(30))
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
        callers.start(lambda: used.append(get_ident()))
        assert callers.join(10)

    assert len(used) == 4
    assert len(set(used)) == 1


def test_job_waits_if_there_may_be_no_more_threads(may_end: Event) -> None:
    callers, done = Callers(most=2), Event()
    for _ in range(2):
        callers.start(lambda: may_end.wait(30))
    third = Thread(target=lambda: callers.start(done.set))
    third.start()

    assert not done.wait(0.1)
    may_end.set()

    assert done.wait(10)
    third.join(10)
    assert callers.count == 2


def test_job_waits_for_a_free_thread_if_the_system_allows_no_more(
    may_end: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers, done = Callers(), Event()
    callers.start(lambda: may_end.wait(30))

    def refuse(*_: object, **__: object) -> Thread:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(module, "Thread", refuse)
    with capture_logs() as logs:
        second = Thread(target=lambda: callers.start(done.set))
        second.start()
        eventually(lambda: logs, "it is logged")
        may_end.set()
        assert done.wait(10)
        second.join(10)

    assert logs[0] == {"event": "no_more_threads", "log_level": "error", "threads": 1}
    assert callers.count == 1


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_job_that_fails_ends_no_thread(error: type[BaseException]) -> None:
    def fail() -> None:
        raise error

    callers, done = Callers(), Event()
    with capture_logs() as logs:
        callers.start(fail)
        assert callers.join(10)
    callers.start(done.set)

    assert done.wait(10)
    assert [line["event"] for line in logs] == ["call_crashed"]
    assert callers.count == 1
