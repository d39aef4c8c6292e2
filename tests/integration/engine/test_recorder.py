"""The recorder: no outcome is lost, and the order stays."""

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from structlog.testing import capture_logs
from tests.integration.engine.conftest import Recorded
from tests.support.stack import eventually

from zettai_worker.engine import recorder as module
from zettai_worker.engine.recorder import MOST_AT_ONCE, Recorder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Recorder], Thread]]:
    monkeypatch.setattr(module, "REDIS_PAUSE", 0.01)
    started: list[tuple[Recorder, Thread]] = []

    def run(recorder: Recorder) -> Thread:
        thread = Thread(target=recorder.run)
        thread.start()
        started.append((recorder, thread))
        return thread

    yield run
    for recorder, thread in started:
        recorder.close()
        thread.join(60)


def _outcomes(count: int) -> list[str]:
    return [f"m{number}" for number in range(count)]


def test_outcomes_are_recorded_together_and_in_order(work: Recorded, run: Callable[[Recorder], Thread]) -> None:
    recorder = Recorder()
    for outcome in _outcomes(MOST_AT_ONCE + 5):
        recorder.add(work, outcome)

    run(recorder)

    eventually(lambda: len(work.batches) == 2, "all are recorded")
    assert [len(batch) for batch in work.batches] == [MOST_AT_ONCE, 5]
    assert work.recorded == _outcomes(MOST_AT_ONCE + 5)


def test_closed_recorder_records_what_it_has_and_ends(work: Recorded, run: Callable[[Recorder], Thread]) -> None:
    recorder = Recorder()
    for outcome in _outcomes(3):
        recorder.add(work, outcome)
    thread = run(recorder)

    recorder.close()
    thread.join(60)

    assert not thread.is_alive()
    assert work.recorded == _outcomes(3)


def test_outcomes_wait_until_redis_is_back(work: Recorded, run: Callable[[Recorder], Thread]) -> None:
    work.errors["m1"] = [RedisConnectionError() for _ in range(5)]
    recorder = Recorder()
    with capture_logs() as logs:
        for outcome in _outcomes(3):
            recorder.add(work, outcome)
        run(recorder)
        eventually(lambda: work.recorded, "they are recorded")

    assert work.recorded == _outcomes(3)
    assert [line["event"] for line in logs] == ["outcomes_wait_for_redis"]


def test_outcome_that_cannot_be_recorded_does_not_stop_the_others(
    work: Recorded, run: Callable[[Recorder], Thread]
) -> None:
    work.errors["m1"] = [ResponseError("a script failed") for _ in range(2)]
    recorder = Recorder()
    with capture_logs() as logs:
        for outcome in _outcomes(4):
            recorder.add(work, outcome)
        run(recorder)
        eventually(lambda: "m3" in work.recorded, "the last one is recorded")

    assert work.recorded == ["m0", "m2", "m3"]
    assert [line["event"] for line in logs] == ["record_failed"]


def test_each_kind_of_work_records_its_own(work: Recorded, run: Callable[[Recorder], Thread]) -> None:
    other, recorder = Recorded(), Recorder()
    for owner, outcome in ((work, "a"), (other, "b"), (work, "c")):
        recorder.add(owner, outcome)

    run(recorder)

    eventually(lambda: work.recorded == ["a", "c"] and other.recorded == ["b"], "both are recorded")
