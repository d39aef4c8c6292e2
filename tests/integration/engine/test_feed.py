"""The feed: which messages are taken next, and how many."""

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Thread

import pytest
from tests.integration.engine.conftest import Recorded

from zettai.core.lanes import Lane
from zettai_worker.engine.feed import AHEAD, AHEAD_OF_STATUS, FULL_AT, FULL_AT_OF_STATUS, Batch, Feed


def tags(count: int, name: str = "m") -> list[str]:
    return [f"{name}{number}" for number in range(count)]


@pytest.fixture
def feed() -> Feed:
    return Feed()


def test_only_a_few_messages_are_taken_before_earlier_ones_are_sent(feed: Feed, work: Recorded) -> None:
    feed.add(Batch(work, Lane.BULK, tags(100)))
    first = feed.take()
    assert first is not None
    assert first.client_tags == tags(AHEAD)

    feed.sent(Lane.BULK, AHEAD // 2)
    second = feed.take()

    assert second is not None
    assert second.client_tags == tags(100)[AHEAD : AHEAD + AHEAD // 2]
    assert feed.taken(Lane.BULK) == AHEAD


def test_more_urgent_messages_are_taken_although_others_wait_for_slots(feed: Feed, work: Recorded) -> None:
    feed.add(Batch(work, Lane.BULK, tags(100)))
    feed.take()
    feed.add(Batch(work, Lane.URGENT, ["password"]))

    batch = feed.take()

    assert batch is not None
    assert (batch.lane, batch.client_tags) == (Lane.URGENT, ["password"])


def test_less_urgent_messages_are_not_taken_while_urgent_ones_wait_for_slots(feed: Feed, work: Recorded) -> None:
    feed.add(Batch(work, Lane.URGENT, tags(AHEAD)))
    feed.take()
    feed.add(Batch(work, Lane.BULK, tags(10)))
    feed.add(Batch(work, Lane.STATUS, tags(10)))

    batch = feed.take()

    assert batch is not None
    assert batch.lane is Lane.STATUS


def test_less_urgent_messages_are_taken_when_the_urgent_ones_are_sent(feed: Feed, work: Recorded) -> None:
    feed.add(Batch(work, Lane.NORMAL, tags(AHEAD)))
    feed.take()
    feed.add(Batch(work, Lane.BULK, ["campaign"]))
    with ThreadPoolExecutor(1) as pool:
        taking = pool.submit(feed.take)
        try:
            assert wait([taking], timeout=0.1).not_done
            feed.sent(Lane.NORMAL, AHEAD)
            batch = taking.result(10)
        finally:
            feed.close()

    assert batch is not None
    assert batch.client_tags == ["campaign"]


def test_status_lane_has_its_own_few(feed: Feed, work: Recorded) -> None:
    """Sends may use all slots that they can get; checks still go on."""
    feed.add(Batch(work, Lane.BULK, tags(100)))
    feed.take()
    feed.add(Batch(work, Lane.STATUS, tags(100)))

    batch = feed.take()

    assert batch is not None
    assert (batch.lane, len(batch.client_tags)) == (Lane.STATUS, AHEAD_OF_STATUS)


def test_messages_of_several_tasks_are_taken_together(feed: Feed, work: Recorded) -> None:
    for tag in tags(5):
        feed.add(Batch(work, Lane.NORMAL, [tag]))

    batch = feed.take()

    assert batch is not None
    assert batch.client_tags == tags(5)


def test_one_batch_has_one_kind_of_work(feed: Feed, work: Recorded) -> None:
    other = Recorded()
    feed.add(Batch(work, Lane.STATUS, ["a"]))
    feed.add(Batch(other, Lane.STATUS, ["b"]))

    batches = [feed.take(), feed.take()]

    assert [batch and batch.work for batch in batches] == [work, other]


def test_batch_that_was_put_back_comes_first(feed: Feed, work: Recorded) -> None:
    feed.add(Batch(work, Lane.NORMAL, tags(AHEAD + 1)))
    batch = feed.take()
    assert batch is not None

    assert feed.put_back(batch)

    assert feed.take() == batch


@pytest.mark.parametrize(("lane", "full_at"), [(Lane.BULK, FULL_AT), (Lane.STATUS, FULL_AT_OF_STATUS)])
def test_queue_of_a_full_lane_is_not_read(feed: Feed, work: Recorded, lane: Lane, full_at: int) -> None:
    feed.add(Batch(work, lane, tags(full_at)))

    assert not feed.has_room(lane)
    assert feed.has_room(Lane.URGENT)
    feed.take()
    assert feed.has_room(lane)


def test_closed_feed_gives_everything_back_and_takes_nothing(feed: Feed, work: Recorded) -> None:
    taken: list[object] = []
    waiting = Thread(target=lambda: taken.append(feed.take()))
    waiting.start()
    feed.add(Batch(work, Lane.URGENT, ["a"]))
    waiting.join(60)
    feed.add(Batch(work, Lane.BULK, tags(3)))

    left = list(feed.close())

    assert [(batch.lane, batch.client_tags) for batch in left] == [(Lane.BULK, tags(3))]
    assert feed.take() is None
    assert not feed.add(Batch(work, Lane.URGENT, ["b"]))
    assert feed.waiting(Lane.BULK) == 0
