"""The slot dispatcher, with a Redis that answers what the test says."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from queue import SimpleQueue

import pytest
from tests.integration.limiter.scripted import ScriptedRedis, broken, paused, redis_is_away, slots

from zettai.core.lanes import Lane
from zettai_worker.limiter.errors import LimiterPaused, LimiterTimeout, LimiterUnavailable
from zettai_worker.limiter.local_clock import local_now, read_clocks
from zettai_worker.limiter.microseconds import MILLISECOND, SECOND
from zettai_worker.limiter.slot_dispatcher import SlotDispatcher
from zettai_worker.limiter.slots import NOT_PAUSED, UNTIL_RESUMED, BookedSlots, Slot
from zettai_worker.limiter.spacing import BATCH_HORIZON, FAR_HORIZON, HORIZON, URGENT_HORIZON

StartCallers = Callable[..., list[Future[int]]]


@pytest.fixture(autouse=True)
def no_missed_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no slot count as missed, however busy the machine is, unless a test wants it."""
    monkeypatch.setattr("zettai_worker.limiter.slots.MAX_LATENESS", 30 * SECOND)
    monkeypatch.setattr("zettai_worker.limiter.local_clock.MAX_AGE", 30 * SECOND)


@pytest.fixture
def redis() -> ScriptedRedis:
    """A Redis that answers what the test says."""
    return ScriptedRedis()


@pytest.fixture
def dispatcher(redis: ScriptedRedis) -> Iterator[SlotDispatcher]:
    """A slot dispatcher that is closed at the end."""
    with closing(SlotDispatcher(redis.book)) as dispatcher:
        yield dispatcher
        redis.answer(redis_is_away)


@pytest.fixture
def start_callers(dispatcher: SlotDispatcher) -> Iterator[StartCallers]:
    """Return a function that starts callers, and returns when they all wait."""
    with ThreadPoolExecutor(20) as pool:

        def wait(*lanes: Lane, timeout: int = 30 * SECOND) -> list[Future[int]]:
            arrived = len(dispatcher._waiters) + len(lanes)
            futures = [pool.submit(dispatcher.wait_for_slot, lane, local_now() + timeout) for lane in lanes]
            until(lambda: len(dispatcher._waiters) == arrived)
            return futures

        yield wait


def until(condition: Callable[[], bool]) -> None:
    """Wait until the condition is true."""
    for _ in range(10_000):
        if condition():
            return
        time.sleep(0.001)
    pytest.fail("the condition never became true")


def slot_due_in(microseconds: int) -> Slot:
    """Return a slot that was booked just now."""
    now = read_clocks()
    return Slot(now.wall + microseconds, now.local + microseconds, asked_at=now)


def test_slot_goes_to_the_most_urgent_caller(redis: ScriptedRedis, start_callers: StartCallers) -> None:
    """Even if that caller arrives last, when the booking has begun."""
    bulk = start_callers(*[Lane.BULK] * 5)
    (urgent,) = start_callers(Lane.URGENT)
    redis.answer(slots(1))
    urgent.result(timeout=60)
    assert not any(future.done() for future in bulk)
    redis.answer(*[slots(1)] * 5)
    for future in bulk:
        future.result(timeout=60)


def test_booking_has_a_slot_for_each_caller_up_to_some_milliseconds(
    redis: ScriptedRedis, start_callers: StartCallers
) -> None:
    futures = start_callers(Lane.BULK) + start_callers(*[Lane.BULK] * 9)
    redis.answer(slots(1), slots(2))
    until(lambda: len(redis.asked) == 3)
    assert [count for count, _, _ in redis.asked[:2]] == [1, 4]
    redis.answer(*[slots(2)] * 20)
    for future in futures:
        future.result(timeout=60)


def test_urgent_caller_books_further_ahead(redis: ScriptedRedis, start_callers: StartCallers) -> None:
    (urgent,) = start_callers(Lane.URGENT)
    redis.answer(slots(1))
    urgent.result(timeout=60)
    assert redis.asked == [(1, URGENT_HORIZON, BATCH_HORIZON)]


def test_far_process_books_further_ahead(redis: ScriptedRedis, start_callers: StartCallers) -> None:
    """Near ones would take each slot that becomes free before its booking arrives."""
    late = slots(1)

    def answer_late() -> BookedSlots:
        time.sleep((FAR_HORIZON + 5 * MILLISECOND) / SECOND)
        return late()

    for answer in (answer_late, slots(1)):
        (caller,) = start_callers(Lane.BULK)
        redis.answer(answer)
        caller.result(timeout=60)

    assert redis.asked == [
        (1, HORIZON, BATCH_HORIZON),
        (1, HORIZON + FAR_HORIZON, BATCH_HORIZON + FAR_HORIZON),
    ]


def test_past_slot_is_not_used(redis: ScriptedRedis, start_callers: StartCallers) -> None:
    """The answer came too late. The caller waits for another slot."""
    (future,) = start_callers(Lane.NORMAL)
    redis.answer(slots(1, due_in=-60 * SECOND))
    until(lambda: len(redis.asked) == 2)
    assert not future.done()
    redis.answer(slots(1))
    future.result(timeout=60)


def test_caller_that_missed_its_slot_gets_the_next_one(
    redis: ScriptedRedis, dispatcher: SlotDispatcher, start_callers: StartCallers, monkeypatch: pytest.MonkeyPatch
) -> None:
    missed = threading.Event()
    in_time = iter([False, True, True])
    monkeypatch.setattr(SlotDispatcher, "_sleep_until", lambda *_: next(in_time))
    monkeypatch.setattr(dispatcher, "_on_missed_slot", missed.set)
    (first,) = start_callers(Lane.BULK)
    (second,) = start_callers(Lane.BULK)
    redis.answer(slots(1))
    assert missed.wait(timeout=60)
    until(lambda: len(dispatcher._waiters) == 2)
    redis.answer(slots(1))
    first.result(timeout=60)
    assert not second.done()
    redis.answer(slots(1))
    second.result(timeout=60)


def test_nothing_is_booked_while_booked_slots_last(
    redis: ScriptedRedis, dispatcher: SlotDispatcher, start_callers: StartCallers
) -> None:
    dispatcher._slots.extend(slot_due_in(20 * MILLISECOND + number) for number in range(2))
    (future,) = start_callers(Lane.BULK)
    future.result(timeout=60)
    assert not redis.asked


def test_caller_gets_a_timeout_if_no_slot_is_free_in_time(redis: ScriptedRedis, dispatcher: SlotDispatcher) -> None:
    redis.answer(slots(0, due_in=60 * SECOND))
    with pytest.raises(LimiterTimeout):
        dispatcher.wait_for_slot(Lane.BULK, local_now() + 20 * MILLISECOND)
    assert len(dispatcher._waiters) == 0


def test_new_urgent_caller_makes_the_dispatcher_ask_at_once(redis: ScriptedRedis, start_callers: StartCallers) -> None:
    """Although it was going to ask again in a minute."""
    (bulk,) = start_callers(Lane.BULK)
    until(lambda: len(redis.asked) == 1)
    redis.answer(slots(0, due_in=60 * SECOND))
    (urgent,) = start_callers(Lane.URGENT)
    redis.answer(slots(2))
    urgent.result(timeout=60)
    bulk.result(timeout=60)


def test_caller_fails_at_once_in_a_pause_that_ends_after_its_deadline(
    redis: ScriptedRedis, dispatcher: SlotDispatcher
) -> None:
    redis.answer(slots(0, pause=UNTIL_RESUMED), paused(60 * SECOND))
    deadline = local_now() + 30 * SECOND
    with pytest.raises(LimiterPaused) as forever:
        dispatcher.wait_for_slot(Lane.URGENT, deadline)
    with pytest.raises(LimiterPaused) as minute:
        dispatcher.wait_for_slot(Lane.URGENT, deadline)
    assert forever.value.remaining is None
    assert minute.value.remaining is not None
    assert local_now() < deadline


def test_caller_waits_for_the_end_of_a_short_pause(redis: ScriptedRedis, dispatcher: SlotDispatcher) -> None:
    redis.answer(paused(20 * MILLISECOND), slots(1))
    dispatcher.wait_for_slot(Lane.URGENT, local_now() + 30 * SECOND)


def test_all_callers_fail_without_redis_and_the_next_one_asks_again(
    redis: ScriptedRedis, start_callers: StartCallers
) -> None:
    futures = start_callers(Lane.BULK, Lane.URGENT)
    redis.answer(redis_is_away)
    for future in futures:
        with pytest.raises(LimiterUnavailable):
            future.result(timeout=60)
    (again,) = start_callers(Lane.BULK)
    redis.answer(slots(1))
    again.result(timeout=60)


def test_slots_booked_before_a_change_of_rate_are_dropped(redis: ScriptedRedis, dispatcher: SlotDispatcher) -> None:
    dispatcher._slots.extend([slot_due_in(0), slot_due_in(SECOND)])
    dispatcher.drop_slots()
    redis.answer(slots(1))
    dispatcher.wait_for_slot(Lane.BULK, local_now() + 30 * SECOND)
    assert len(redis.asked) == 1


def test_slots_are_dropped_if_the_server_clock_was_set(
    redis: ScriptedRedis, dispatcher: SlotDispatcher, start_callers: StartCallers
) -> None:
    start_callers(Lane.BULK)
    redis.answer(slots(1))
    until(lambda: len(dispatcher._waiters) == 0)
    start_callers(Lane.BULK)
    until(lambda: len(redis.asked) == 2)
    dispatcher._slots.append(slot_due_in(3_600 * SECOND))
    redis.answer(lambda: BookedSlots(SECOND, SECOND, 5 * MILLISECOND, 1, NOT_PAUSED))
    until(lambda: len(dispatcher._waiters) == 0)
    assert not dispatcher._slots


def test_close_does_not_wait_for_a_far_slot(dispatcher: SlotDispatcher, start_callers: StartCallers) -> None:
    dispatcher._slots.append(slot_due_in(3_600 * SECOND))
    (waiting,) = start_callers(Lane.BULK)
    dispatcher.close()
    with pytest.raises(LimiterUnavailable):
        waiting.result(timeout=60)


def test_close_fails_all_callers(redis: ScriptedRedis, start_callers: StartCallers, dispatcher: SlotDispatcher) -> None:
    (waiting,) = start_callers(Lane.BULK)
    redis.answer(slots(0, due_in=60 * SECOND))
    dispatcher.close()
    with pytest.raises(LimiterUnavailable):
        waiting.result(timeout=60)
    with pytest.raises(LimiterUnavailable):
        dispatcher.wait_for_slot(Lane.URGENT, local_now() + SECOND)


def test_thread_that_crashed_is_started_again(
    redis: ScriptedRedis, dispatcher: SlotDispatcher, start_callers: StartCallers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its callers fail, the exception is reported, and the next caller gets a slot."""
    reported: SimpleQueue[BaseException | None] = SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", lambda what: reported.put(what.exc_value))
    (waiting,) = start_callers(Lane.BULK)
    redis.answer(broken, slots(1))
    with pytest.raises(LimiterUnavailable):
        waiting.result(timeout=60)
    assert isinstance(reported.get(timeout=60), ZeroDivisionError)
    dispatcher.wait_for_slot(Lane.BULK, local_now() + 30 * SECOND)


def test_no_caller_returns_before_its_slot(dispatcher: SlotDispatcher, redis: ScriptedRedis) -> None:
    """Callers get their slot early and sleep until its time. A call before its slot breaks the limit."""
    booked: list[BookedSlots] = []

    def book() -> BookedSlots:
        booked.append(slots(1, due_in=6 * MILLISECOND)())
        return booked[0]

    redis.answer(book)
    dispatcher.wait_for_slot(Lane.BULK, local_now() + 5 * SECOND)
    assert local_now() >= booked[0].first


@pytest.mark.parametrize(("longest", "bookings"), [(-1, 3), (30 * SECOND, 2)], ids=["late", "in time"])
def test_call_that_is_written_late_takes_the_place_of_the_next_slot(
    *, dispatcher: SlotDispatcher, redis: ScriptedRedis, monkeypatch: pytest.MonkeyPatch, longest: int, bookings: int
) -> None:
    monkeypatch.setattr("zettai_worker.limiter.slot_dispatcher.MAX_WRITE_LATENESS", longest)
    redis.answer(*[slots(1, due_in=0)] * bookings)
    dispatcher.wait_for_slot(Lane.NORMAL, local_now() + 30 * SECOND)

    dispatcher.call_written()
    dispatcher.wait_for_slot(Lane.NORMAL, local_now() + 30 * SECOND)

    assert len(redis.asked) == bookings


def test_call_without_a_slot_is_never_late(dispatcher: SlotDispatcher, redis: ScriptedRedis) -> None:
    dispatcher.call_written()
    redis.answer(slots(1))
    dispatcher.wait_for_slot(Lane.NORMAL, local_now() + 30 * SECOND)
    assert len(redis.asked) == 1
