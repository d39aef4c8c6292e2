"""The limiter as the worker uses it, with a real Redis server."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import datetime, timedelta

import pytest
from redis import Redis
from tests.integration.limiter.timeline import KEY, Timeline

import zettai_worker.limiter
from zettai.core.lanes import Lane
from zettai.core.store.connection import UNRETRIED, connect
from zettai_worker.limiter import Limiter, LimiterPaused, LimiterTimeout, LimiterUnavailable
from zettai_worker.limiter.microseconds import SECOND

SOON = timedelta(milliseconds=500)
LONG = timedelta(seconds=20)

Make = Callable[[str], Limiter]


def test_exported_names_exist() -> None:
    assert all(hasattr(zettai_worker.limiter, name) for name in zettai_worker.limiter.__all__)


def test_idle_limit_gives_a_slot_at_once(limiter: Limiter) -> None:
    limiter.acquire(Lane.URGENT, timeout=SOON)


def test_on_wait_observes_callers_with_and_without_a_slot(redis: Redis, history: None) -> None:
    waits: list[tuple[Lane, float]] = []
    with closing(Limiter(redis, key=KEY, on_wait=lambda lane, seconds: waits.append((lane, seconds)))) as limiter:
        limiter.acquire(Lane.BULK, timeout=LONG)
        limiter.pause()
        with pytest.raises(LimiterPaused):
            limiter.acquire(Lane.URGENT, timeout=SOON)
    assert [lane for lane, _ in waits] == [Lane.BULK, Lane.URGENT]
    assert all(0 <= seconds < LONG.total_seconds() for _, seconds in waits)


def test_new_timeline_gives_its_first_slot_after_a_second(make_limiter: Make) -> None:
    """It looks like one that was flushed."""
    limiter = make_limiter("600/second")
    with pytest.raises(LimiterTimeout):
        limiter.acquire(Lane.URGENT, timeout=SOON)
    limiter.acquire(Lane.URGENT, timeout=LONG)


def test_limiters_with_the_same_key_share_one_limit(make_limiter: Make, timeline: Timeline) -> None:
    one, two = make_limiter("5/minute"), make_limiter("5/minute")
    one.acquire(Lane.BULK, timeout=LONG)
    with pytest.raises(LimiterTimeout):
        two.acquire(Lane.URGENT, timeout=SOON)
    # A thread that a busy machine wakes too late misses its slot, and the next one is 12 s away.
    for _ in range(5):
        timeline.pass_time(12_001_000)
        with suppress(LimiterTimeout):
            two.acquire(Lane.URGENT, timeout=SOON)
            return
    pytest.fail("no slot fell due in five times its distance")


def test_high_limit_books_several_slots_with_each_call_to_redis(
    make_limiter: Make, redis: Redis, timeline: Timeline
) -> None:
    limiter = make_limiter("100000/second")
    redis.config_resetstat()
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(limiter.acquire, Lane.BULK, timeout=LONG) for _ in range(2_000)]:
            done.result()
    assert redis.info("commandstats")["cmdstat_evalsha"]["calls"] < 2_000


def test_each_caller_gets_its_own_slot(limiter: Limiter, timeline: Timeline) -> None:
    before = timeline.read_state().first
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: limiter.acquire(Lane.BULK, timeout=LONG), range(100)))
    assert timeline.read_state().first - before >= 100 * timeline.spacing.step


def test_pause_fails_callers_of_all_hosts_at_once_until_resumed(make_limiter: Make, limiter: Limiter) -> None:
    other = make_limiter("600/second")
    limiter.pause()
    with pytest.raises(LimiterPaused) as raised:
        other.acquire(Lane.URGENT, timeout=timedelta(days=1))
    assert raised.value.remaining is None
    limiter.resume()
    other.acquire(Lane.URGENT, timeout=LONG)


def test_caller_waits_for_a_pause_that_ends_before_its_timeout(limiter: Limiter) -> None:
    limiter.pause(timedelta(seconds=2))
    with pytest.raises(LimiterPaused) as raised:
        limiter.acquire(Lane.BULK, timeout=SOON)
    assert raised.value.remaining is not None
    assert timedelta() < raised.value.remaining <= timedelta(seconds=2)
    limiter.acquire(Lane.BULK, timeout=LONG)


def test_resume_wakes_callers_that_wait_for_the_end_of_a_pause(limiter: Limiter) -> None:
    limiter.pause(timedelta(hours=1))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(limiter.acquire, Lane.BULK, timeout=timedelta(hours=2))
        while not len(limiter._dispatcher._waiters):
            pass
        limiter.resume()
        waiting.result(timeout=LONG.total_seconds())


def test_slow_down_cuts_the_rate_of_all_hosts_and_pauses_them(make_limiter: Make, limiter: Limiter) -> None:
    limiter.slow_down()
    other = make_limiter("600/second")
    assert other.state().rate == pytest.approx(0.7 * 597, rel=0.02)
    limiter.slow_down(timedelta(hours=1))
    with pytest.raises(LimiterPaused):
        other.acquire(Lane.URGENT, timeout=SOON)


def test_set_rate_slows_down_and_none_restores_the_rate(limiter: Limiter) -> None:
    limiter.set_rate("5/minute")
    assert limiter.state().override == limiter.state().rate == pytest.approx(5 / 60, rel=0.01)
    limiter.acquire(Lane.URGENT, timeout=LONG)
    with pytest.raises(LimiterTimeout):
        limiter.acquire(Lane.URGENT, timeout=SOON)
    limiter.set_rate(None)
    assert limiter.state().rate == pytest.approx(597, abs=0.1)


@pytest.mark.parametrize("limit", ["601/second", "0/second", "fast"])
def test_set_rate_refuses_a_faster_rate_than_the_limit(limiter: Limiter, limit: str) -> None:
    with pytest.raises(ValueError, match=r"faster|limit"):
        limiter.set_rate(limit)


def _booked_after(calls: int, limiter: Limiter) -> int:
    """Make calls, and return how many slots were booked in the last second. On a busy machine that can be fewer."""
    for _ in range(calls):
        limiter.acquire(Lane.BULK, timeout=LONG)
    return limiter.state().booked


def test_state_shows_rate_bookings_and_pause(limiter: Limiter) -> None:
    assert any(_booked_after(3, limiter) >= 3 for _ in range(20)), (
        "the state never counted three calls of the last second"
    )
    limiter.pause(timedelta(minutes=1))
    state = limiter.state()
    assert state.limit == "600/second"
    assert state.rate == pytest.approx(597, abs=0.1)
    assert state.override is None
    assert state.paused
    assert isinstance(state.paused_until, datetime)
    assert state.paused_until.tzinfo
    assert timedelta() <= state.next_slot < SOON
    limiter.pause()
    assert limiter.state().paused
    assert limiter.state().paused_until is None
    limiter.resume()
    assert not limiter.state().paused


def test_limiter_starts_no_thread_and_does_not_connect_before_the_first_call() -> None:
    """Celery makes the limiter in a parent process that forks."""
    threads = threading.active_count()
    with connect("redis://127.0.0.1:1", retry=UNRETRIED) as redis:
        limiter = Limiter(redis, key=KEY)
        assert threading.active_count() == threads
        for ask in (limiter.state, limiter.slow_down, limiter.pause, limiter.resume):
            with pytest.raises(LimiterUnavailable):
                ask()
        with pytest.raises(LimiterUnavailable):
            limiter.acquire(Lane.BULK, timeout=LONG)
        limiter.close()


FORKING = """
import os, sys
from datetime import timedelta
from zettai.core.store.connection import connect
from zettai.core.lanes import Lane
from zettai_worker.limiter import Limiter

limiter = Limiter(connect(sys.argv[1]), key=sys.argv[2])
limiter.acquire(Lane.BULK, timeout=timedelta(seconds=5))
child = os.fork()
limiter.acquire(Lane.BULK, timeout=timedelta(seconds=5))
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_forked_child_has_its_own_slot_dispatcher(redis_url: str, history: None) -> None:
    subprocess.run([sys.executable, "-c", FORKING, redis_url, KEY], check=True, timeout=60)


def test_closed_limiter_gives_no_slot(limiter: Limiter) -> None:
    limiter.acquire(Lane.BULK, timeout=LONG)
    limiter.close()
    limiter.close()
    with pytest.raises(LimiterUnavailable):
        limiter.acquire(Lane.URGENT, timeout=SOON)


def test_no_slot_is_given_for_a_second_after_a_flush(limiter: Limiter, timeline: Timeline) -> None:
    """Redis no longer knows the booked slots."""
    limiter.acquire(Lane.BULK, timeout=LONG)
    before = timeline.read_state().server_time
    timeline.forget()
    limiter.acquire(Lane.BULK, timeout=LONG)
    assert timeline.read_state().server_time - before > SECOND
