"""The dispatcher gives slots to those who wait, with a Redis that says what the test wants."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from queue import SimpleQueue

import pytest
from tests.integration.limiter.scripted import Source, broken, paused, redis_is_away, slots

from zettai.core.lanes import Lane
from zettai_worker.limiter import slot_dispatcher
from zettai_worker.limiter.errors import LimiterPaused, LimiterTimeout, LimiterUnavailable
from zettai_worker.limiter.microseconds import MILLISECOND, SECOND, monotonic_now
from zettai_worker.limiter.slot_dispatcher import SlotDispatcher
from zettai_worker.limiter.slots import NOT_PAUSED, UNTIL_RESUMED, BookedSlots
from zettai_worker.limiter.spacing import HORIZON, URGENT_HORIZON

Crowd = Callable[..., list[Future[None]]]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """No slot is late but by the test's wish, however busy the machine is."""
    monkeypatch.setattr(slot_dispatcher, "MAX_LATENESS", 30 * SECOND)


@pytest.fixture
def source() -> Source:
    """Answers to come."""
    return Source()


@pytest.fixture
def dispatcher(source: Source) -> Iterator[SlotDispatcher]:
    """A dispatcher that is closed at the end, whatever it waits for."""
    with closing(SlotDispatcher(source.reserve)) as dispatcher:
        yield dispatcher
        source.answer(redis_is_away)


@pytest.fixture
def crowd(dispatcher: SlotDispatcher) -> Iterator[Crowd]:
    """Lets threads wait at the dispatcher, and comes back when they do."""
    with ThreadPoolExecutor(20) as pool:

        def wait(*lanes: Lane, timeout: int = 30 * SECOND) -> list[Future[None]]:
            arrived = len(dispatcher._waiters) + len(lanes)
            futures = [pool.submit(dispatcher.wait_for_slot, lane, monotonic_now() + timeout) for lane in lanes]
            until(lambda: len(dispatcher._waiters) == arrived)
            return futures

        yield wait


def until(condition: Callable[[], bool]) -> None:
    """Wait for what other threads do."""
    for _ in range(10_000):
        if condition():
            return
        time.sleep(0.001)
    pytest.fail("it never happened")


def test_the_most_urgent_gets_the_slot(source: Source, crowd: Crowd) -> None:
    """Who comes last, when the booking is already under way, still goes first."""
    bulk = crowd(*[Lane.BULK] * 5)
    (urgent,) = crowd(Lane.URGENT)
    source.answer(slots(1))
    urgent.result(timeout=5)
    assert not any(future.done() for future in bulk)
    source.answer(*[slots(1)] * 5)
    for future in bulk:
        future.result(timeout=5)


def test_books_for_those_who_wait_but_only_a_small_lease(source: Source, crowd: Crowd) -> None:
    """One for the first caller; then as many as there are, up to a few milliseconds' worth."""
    futures = crowd(Lane.BULK) + crowd(*[Lane.BULK] * 9)
    source.answer(slots(1), slots(2))
    until(lambda: len(source.asked) == 3)
    assert source.asked[:2] == [(1, HORIZON), (4, HORIZON)]
    source.answer(*[slots(2)] * 20)
    for future in futures:
        future.result(timeout=5)


def test_urgent_calls_may_book_further_ahead(source: Source, crowd: Crowd) -> None:
    """However full the timeline is with the calls of others."""
    (urgent,) = crowd(Lane.URGENT)
    source.answer(slots(1))
    urgent.result(timeout=5)
    assert source.asked == [(1, URGENT_HORIZON)]


def test_a_slot_that_is_past_is_not_used(source: Source, crowd: Crowd) -> None:
    """An answer came too late: its slot is dropped, and the caller waits for another."""
    (future,) = crowd(Lane.NORMAL)
    source.answer(slots(1, due_in=-60 * SECOND))
    until(lambda: len(source.asked) == 2)
    assert not future.done()
    source.answer(slots(1))
    future.result(timeout=5)


def test_who_misses_a_slot_is_first_in_line(
    source: Source, dispatcher: SlotDispatcher, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread that woke too late tries again, before those who came after it."""
    missed = threading.Event()

    def met(slot: int) -> bool:
        late = not missed.is_set()
        missed.set()
        return not late

    monkeypatch.setattr(slot_dispatcher, "_sleep_until", met)
    (first,) = crowd(Lane.BULK)
    (second,) = crowd(Lane.BULK)
    source.answer(slots(1))
    assert missed.wait(timeout=5)
    until(lambda: len(dispatcher._waiters) == 2)
    source.answer(slots(1))
    first.result(timeout=5)
    assert not second.done()
    source.answer(slots(1))
    second.result(timeout=5)


def test_books_nothing_for_those_who_left(source: Source, dispatcher: SlotDispatcher, crowd: Crowd) -> None:
    """Slots that are at hand serve those who come while they last; more are not booked."""
    dispatcher._slots.extend(monotonic_now() + 20 * MILLISECOND + slot for slot in range(2))
    (future,) = crowd(Lane.BULK)
    future.result(timeout=5)
    assert not source.asked


def test_no_slot_in_time(source: Source, dispatcher: SlotDispatcher) -> None:
    """The timeline is full for longer than the caller waits."""
    source.answer(slots(0, due_in=60 * SECOND))
    with pytest.raises(LimiterTimeout):
        dispatcher.wait_for_slot(Lane.BULK, monotonic_now() + 20 * MILLISECOND)
    assert len(dispatcher._waiters) == 0


def test_a_newcomer_is_looked_after_at_once(source: Source, crowd: Crowd) -> None:
    """Though the dispatcher was told to come back in a minute: there may be room for somebody more urgent."""
    (bulk,) = crowd(Lane.BULK)
    until(lambda: len(source.asked) == 1)
    source.answer(slots(0, due_in=60 * SECOND))
    (urgent,) = crowd(Lane.URGENT)
    source.answer(slots(2))
    urgent.result(timeout=5)
    bulk.result(timeout=5)


def test_a_pause_that_lasts_too_long_is_told_at_once(source: Source, dispatcher: SlotDispatcher) -> None:
    """Nobody blocks for what cannot come."""
    source.answer(slots(0, pause=UNTIL_RESUMED), paused(60 * SECOND))
    deadline = monotonic_now() + 30 * SECOND
    with pytest.raises(LimiterPaused) as forever:
        dispatcher.wait_for_slot(Lane.URGENT, deadline)
    with pytest.raises(LimiterPaused) as minute:
        dispatcher.wait_for_slot(Lane.URGENT, deadline)
    assert forever.value.remaining is None
    assert minute.value.remaining is not None
    assert monotonic_now() < deadline


def test_a_short_pause_is_waited_for(source: Source, dispatcher: SlotDispatcher) -> None:
    """It ends before the caller must go."""
    source.answer(paused(20 * MILLISECOND), slots(1))
    dispatcher.wait_for_slot(Lane.URGENT, monotonic_now() + 30 * SECOND)


def test_without_redis_nobody_goes_on(source: Source, crowd: Crowd) -> None:
    """All who wait are told; the dispatcher lives on, and the next caller asks again."""
    futures = crowd(Lane.BULK, Lane.URGENT)
    source.answer(redis_is_away)
    for future in futures:
        with pytest.raises(LimiterUnavailable):
            future.result(timeout=5)
    (again,) = crowd(Lane.BULK)
    source.answer(slots(1))
    again.result(timeout=5)


def test_slots_booked_before_a_change_are_dropped(source: Source, dispatcher: SlotDispatcher) -> None:
    """They were spaced by another rate."""
    dispatcher._slots.extend([monotonic_now(), monotonic_now() + SECOND])
    dispatcher.drop_slots()
    source.answer(slots(1))
    dispatcher.wait_for_slot(Lane.BULK, monotonic_now() + 30 * SECOND)
    assert len(source.asked) == 1


def test_slots_of_a_clock_that_was_set_are_dropped(source: Source, dispatcher: SlotDispatcher, crowd: Crowd) -> None:
    """Nobody knows any more when they fall due."""
    crowd(Lane.BULK)
    source.answer(slots(1))
    until(lambda: len(dispatcher._waiters) == 0)
    crowd(Lane.BULK)
    dispatcher._slots.append(monotonic_now() + 3_600 * SECOND)
    source.answer(lambda: BookedSlots(SECOND, SECOND, 5 * MILLISECOND, 1, NOT_PAUSED))
    until(lambda: len(dispatcher._waiters) == 0)
    assert not dispatcher._slots


def test_closing_sends_everybody_away(source: Source, crowd: Crowd, dispatcher: SlotDispatcher) -> None:
    """Nobody waits for a dispatcher that is gone."""
    (waiting,) = crowd(Lane.BULK)
    source.answer(slots(0, due_in=60 * SECOND))
    dispatcher.close()
    with pytest.raises(LimiterUnavailable):
        waiting.result(timeout=5)
    with pytest.raises(LimiterUnavailable):
        dispatcher.wait_for_slot(Lane.URGENT, monotonic_now() + SECOND)


def test_a_pump_that_broke_is_started_again(
    source: Source, dispatcher: SlotDispatcher, crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who waited is told, the reason is not hidden, and the next caller is served."""
    reported: SimpleQueue[BaseException | None] = SimpleQueue()
    monkeypatch.setattr(threading, "excepthook", lambda what: reported.put(what.exc_value))
    (waiting,) = crowd(Lane.BULK)
    source.answer(broken, slots(1))
    with pytest.raises(LimiterUnavailable):
        waiting.result(timeout=5)
    assert isinstance(reported.get(timeout=5), ZeroDivisionError)
    dispatcher.wait_for_slot(Lane.BULK, monotonic_now() + 30 * SECOND)


def test_nobody_comes_back_before_the_slot(dispatcher: SlotDispatcher, source: Source) -> None:
    """Callers are woken ahead of it, and sleep the rest: a call that goes out early breaks the limit."""
    booked: list[BookedSlots] = []

    def book() -> BookedSlots:
        booked.append(slots(1, due_in=6 * MILLISECOND)())
        return booked[0]

    source.answer(book)
    dispatcher.wait_for_slot(Lane.BULK, monotonic_now() + 5 * SECOND)
    assert monotonic_now() >= booked[0].first
