"""Which ticks Redis hands out, and which a worker drops."""

from datetime import timedelta

import pytest

from zettai.core.lanes import Lane
from zettai.core.store import WorkerStore
from zettai.core.tasks import PERIODIC, TaskName
from zettai.core.times import to_milliseconds
from zettai_worker.settings import WorkerSettings
from zettai_worker.ticks import LOST_AFTER, Ticks, periodic_jobs, read_beat_status

SECOND = timedelta(seconds=1)

NAME = TaskName.PUBLISH_DUE


class Beat:
    """A beat, and a worker, that share the store of a test."""

    def __init__(self, store: WorkerStore) -> None:
        self.store = store
        settings = WorkerSettings.load(
            redis_url="redis://unused", key_prefix=store.keys.prefix, client_id="1234", sms_code="12345"
        )
        self.ticks = Ticks(store.redis, settings)

    def hand_out(self) -> list[str]:
        """Return the jobs whose tick is handed out."""
        return [tick.job.name for tick in self.ticks.hand_out()[0]]

    def make_due(self, name: str = NAME, since: timedelta = timedelta()) -> None:
        """Let a tick be due since some time."""
        self.set_time(f"due:{name}", -since - timedelta(milliseconds=1))

    def set_time(self, field: str, offset: timedelta) -> None:
        """Set a time of the hash to the present time plus an offset."""
        self.store.redis.hset(self.store.keys.ticks, field, to_milliseconds(self.store.now() + offset))

    def publish(self, lane: Lane = Lane.URGENT) -> None:
        """Put something into a queue."""
        self.store.redis.lpush(self.store.keys.queue(lane), "a task")


@pytest.fixture
def beat(store: WorkerStore) -> Beat:
    return Beat(store)


def test_every_periodic_task_has_a_job() -> None:
    assert {job.name for job in periodic_jobs(SECOND)} == set(PERIODIC)


def test_first_tick_is_due_after_the_interval(beat: Beat) -> None:
    assert beat.hand_out() == []
    _, wait = beat.ticks.hand_out()
    assert wait is not None
    assert timedelta() < wait <= SECOND
    beat.make_due(since=SECOND)
    assert beat.hand_out() == [NAME]


def test_tick_is_handed_out_to_one_beat(beat: Beat, store: WorkerStore) -> None:
    other = Beat(store)
    beat.make_due()

    assert (beat.hand_out(), other.hand_out()) == ([NAME], [])


def test_waiting_tick_is_the_only_one_of_its_job(beat: Beat) -> None:
    beat.make_due()
    [tick], _ = beat.ticks.hand_out()
    beat.publish()
    beat.make_due(since=timedelta(days=2))
    assert beat.hand_out() == []

    assert beat.ticks.start(NAME, tick.handed_out_at)

    assert beat.hand_out() == [NAME]


def test_tick_that_left_the_queue_unseen_is_handed_out_again(beat: Beat) -> None:
    """Beat died before it published the tick, or a worker died that took it."""
    beat.make_due()
    assert beat.hand_out() == [NAME]
    beat.make_due()
    assert beat.hand_out() == [NAME]


def test_lost_tick_of_a_rare_job_is_handed_out_again_before_the_next_is_due(beat: Beat) -> None:
    beat.make_due(TaskName.PURGE)
    assert beat.hand_out() == [TaskName.PURGE]
    assert beat.hand_out() == []

    beat.set_time(f"waiting:{TaskName.PURGE}", -LOST_AFTER - SECOND)

    assert beat.hand_out() == [TaskName.PURGE]


@pytest.mark.parametrize("field", ["message", "tick"])
def test_tick_is_lost_if_workers_took_what_was_published_later(beat: Beat, field: str) -> None:
    """The queue is never empty here."""
    beat.make_due()
    beat.hand_out()
    beat.publish()
    beat.set_time(f"waiting:{NAME}", -2 * LOST_AFTER)
    beat.make_due()
    assert beat.hand_out() == []

    published_later = to_milliseconds(beat.store.now() - SECOND)
    if field == "message":
        beat.store.redis.hset(beat.store.keys.claimed_up_to, Lane.URGENT, published_later)
    else:
        beat.ticks.start(TaskName.SWEEP, published_later)

    assert beat.hand_out() == [NAME]


def test_clock_of_redis_that_is_moved_back_does_not_stop_the_ticks(beat: Beat) -> None:
    """All times in Redis are an hour ahead, and the queue is not empty."""
    hour = timedelta(hours=1)
    beat.publish()
    for field in ("due", "waiting", "handed_out"):
        beat.set_time(f"{field}:{NAME}", hour)
    beat.set_time(f"taken_up_to:{Lane.URGENT}", hour)

    assert beat.hand_out() == [NAME]
    beat.make_due()
    assert beat.hand_out() == []


@pytest.mark.parametrize("value", ["", "garbage", "nan", "inf", "-inf", "1e999", "-1", "9" * 400])
def test_times_that_something_else_has_written_are_replaced(beat: Beat, value: str) -> None:
    beat.hand_out()
    redis, key = beat.store.redis, beat.store.keys.ticks
    redis.hset(key, mapping=dict.fromkeys(redis.hkeys(key), value))
    redis.hset(key, mapping={f"{name}:{NAME}": value for name in ("due", "waiting", "handed_out")})

    read_beat_status(beat.store)
    beat.hand_out()
    beat.make_due()

    assert NAME in beat.hand_out()
    assert read_beat_status(beat.store).alive


def test_old_tick_is_dropped_if_there_is_a_newer_one(beat: Beat) -> None:
    beat.make_due()
    [newest], _ = beat.ticks.hand_out()
    beat.publish()

    assert not beat.ticks.start(NAME, newest.handed_out_at - 6_000)

    beat.make_due()
    assert beat.hand_out() == [], "the newest tick still waits"
    assert beat.ticks.start(NAME, newest.handed_out_at)


def test_newest_tick_runs_however_old_it_is(beat: Beat) -> None:
    """Otherwise the jobs would stop while the queue of their lane takes longer than the interval."""
    two_days_ago = to_milliseconds(beat.store.now() - timedelta(days=2))
    beat.store.redis.hset(beat.store.keys.ticks, f"handed_out:{NAME}", two_days_ago)

    assert beat.ticks.start(NAME, two_days_ago)


def test_status_shows_beats_that_ask_and_ticks_that_wait(beat: Beat, store: WorkerStore) -> None:
    status = read_beat_status(store)
    assert (status.alive, status.lag) == (False, None)

    beat.hand_out()
    status = read_beat_status(store)
    assert (status.alive, status.lag) == (True, timedelta())

    beat.make_due(since=20 * SECOND)
    beat.set_time("beat", -20 * SECOND)
    status = read_beat_status(store)
    assert not status.alive
    assert status.lag is not None
    assert status.lag >= 20 * SECOND
