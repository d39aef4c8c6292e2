"""The engine: messages go in by tasks, and their outcomes are recorded. A stop leaves nothing in doubt."""

import os
import signal
import sys
from collections.abc import Iterator
from threading import Event

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from structlog.testing import capture_logs
from tests.integration.engine.conftest import FreeSlots, Recorded
from tests.support.stack import eventually

from zettai.core.lanes import Lane
from zettai_worker.engine import Engine, claimer
from zettai_worker.engine.callers import ENOUGH_WAIT
from zettai_worker.engine.engine import JOBS_AT_ONCE, MOST_JOBS
from zettai_worker.engine.feed import AHEAD
from zettai_worker.engine.open_queues import OpenQueues

TAGS = [f"m{number}" for number in range(200)]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(claimer, "REDIS_PAUSE", 0.01)
    engine = Engine(FreeSlots())
    yield engine
    engine.stop()
    engine.join(60)


def test_every_message_is_worked_on_once(engine: Engine, work: Recorded) -> None:
    engine.add(work, Lane.BULK, TAGS)

    eventually(lambda: len(work.recorded) == len(TAGS), "all are recorded")
    assert sorted(work.recorded) == sorted(TAGS)
    assert work.taken == TAGS


def test_slow_provider_gets_as_many_calls_as_there_are_slots(engine: Engine, work: Recorded) -> None:
    work.may_end.clear()
    engine.add(work, Lane.BULK, TAGS)

    eventually(lambda: engine.callers.busy == len(TAGS), "all calls are in flight")
    work.may_end.set()
    eventually(lambda: len(work.recorded) == len(TAGS), "all are recorded")


def test_only_a_few_messages_are_claimed_without_slots(engine: Engine, work: Recorded) -> None:
    work.may_ask.clear()
    engine.add(work, Lane.BULK, TAGS)

    eventually(lambda: len(work.taken) == AHEAD, "the first ones are claimed")
    assert work.taken == TAGS[:AHEAD]
    assert engine.feed.waiting(Lane.BULK) == len(TAGS) - AHEAD
    work.may_ask.set()


def test_stop_gives_back_what_waits_and_finishes_what_is_in_flight(engine: Engine, work: Recorded) -> None:
    work.may_end.clear()
    work.may_ask.clear()
    engine.add(work, Lane.BULK, TAGS)
    eventually(lambda: len(work.taken) == AHEAD, "the first ones are claimed")

    for _ in range(2):
        engine.stop()
        engine.give_back()
    engine.add(work, Lane.URGENT, ["late"])

    assert work.given_back == [*TAGS[AHEAD:], "late"]
    assert engine.callers.busy == ENOUGH_WAIT
    work.may_ask.set()
    work.may_end.set()
    assert engine.join(60)
    assert sorted(work.recorded) == sorted(TAGS[:AHEAD])


def test_message_that_cannot_be_taken_does_not_stop_the_others(engine: Engine, work: Recorded) -> None:
    work.errors["m1"] = [ResponseError("a script failed") for _ in range(2)]
    with capture_logs() as logs:
        engine.add(work, Lane.BULK, TAGS[:10])
        eventually(lambda: len(work.recorded) == 9, "the others are recorded")

    assert "m1" not in work.recorded
    assert [(line["event"], line["client_tag"]) for line in logs] == [("take_failed", "m1")]


def test_messages_wait_until_redis_is_back(engine: Engine, work: Recorded) -> None:
    work.errors["m0"] = [RedisConnectionError() for _ in range(3)]
    engine.add(work, Lane.BULK, TAGS[:10])

    eventually(lambda: len(work.recorded) == 10, "all are recorded")
    assert work.taken == TAGS[:10]


def test_failed_call_leaves_room_for_the_next_ones(
    engine: Engine, work: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(item: str, slots: object) -> str:
        if item != TAGS[-1]:
            raise ValueError(item)
        return item

    monkeypatch.setattr(work, "call", fail)
    with capture_logs():
        engine.add(work, Lane.BULK, TAGS)
        eventually(lambda: work.recorded == TAGS[-1:], "the last one is recorded")


def test_queues_of_lanes_with_many_jobs_are_not_read(engine: Engine) -> None:
    may_end = Event()
    queues = OpenQueues(lambda lane, _account: engine.has_room(lane))
    queues.update(["status", "bulk", "celery.pidbox", "urgent"])
    assert queues.consume(4) == ["celery.pidbox", "urgent", "bulk", "status"]

    for _ in range(MOST_JOBS):
        engine.run(Lane.STATUS, "zettai.test", lambda: may_end.wait(30))

    assert queues.consume(4) == ["celery.pidbox", "urgent", "bulk"]
    may_end.set()
    eventually(lambda: queues.consume(4)[-1] == "status", "the jobs have ended")


def test_stopped_engine_begins_no_jobs(engine: Engine) -> None:
    may_end, begun = Event(), []

    def job() -> None:
        begun.append(1)
        may_end.wait(30)

    for _ in range(JOBS_AT_ONCE + 1):
        engine.run(Lane.STATUS, "zettai.test", job)
    eventually(lambda: len(begun) == JOBS_AT_ONCE, "the first jobs have begun")

    engine.stop()
    engine.run(Lane.STATUS, "zettai.test", job)
    may_end.set()

    engine._jobs[Lane.STATUS].shutdown(wait=True)
    assert len(begun) == JOBS_AT_ONCE


def test_job_that_fails_is_logged_and_counted_as_ended(engine: Engine) -> None:
    def fail() -> None:
        raise ValueError

    with capture_logs() as logs:
        for _ in range(MOST_JOBS):
            engine.run(Lane.STATUS, "zettai.test", fail)
        eventually(lambda: engine.has_room(Lane.STATUS), "the engine has room again")
        eventually(lambda: len(logs) == MOST_JOBS, "all jobs have ended")

    assert {line["event"] for line in logs} == {"job_failed"}


def test_process_stops_if_a_thread_of_the_engine_fails(
    engine: Engine, work: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would take messages from the queues and never send them."""
    sent: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda *arguments: sent.append(arguments))
    monkeypatch.setattr(engine.callers, "start", lambda _: sys.exit("a bug"))

    with capture_logs() as logs:
        engine.add(work, Lane.BULK, TAGS)
        eventually(lambda: sent, "the signal")

    assert sent == [(os.getpid(), signal.SIGTERM)]
    assert [line["event"] for line in logs] == ["engine_failed"]
