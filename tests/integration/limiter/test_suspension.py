"""A slot from before the machine was suspended, or the process was stopped, is not used."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis
from tests.integration.limiter.scripted import ScriptedRedis, slots
from tests.integration.limiter.timeline import KEY
from tests.integration.provider.faulty_server import FaultyServer, answer, says

from zettai.core.lanes import Lane
from zettai_worker.limiter.local_clock import MAX_AGE, MAX_CLOCK_JUMP, ClockReading, local_now, read_clocks
from zettai_worker.limiter.microseconds import SECOND
from zettai_worker.limiter.slot_dispatcher import SlotDispatcher
from zettai_worker.limiter.slots import BookedSlots, Slot

HOUR = 3_600 * SECOND
STOPPED = Path(__file__).with_name("stopped.py")

MOVES = {
    "suspended machine": ClockReading(local=HOUR, wall=HOUR),
    "paused virtual machine": ClockReading(local=0, wall=HOUR),
    "clock set back": ClockReading(local=0, wall=-HOUR),
}


class MovedClocks:
    """The clocks of this machine, which a test moves."""

    def __init__(self) -> None:
        self._moved = ClockReading(0, 0)

    def __call__(self) -> ClockReading:
        now = read_clocks()
        return ClockReading(now.local + self._moved.local, now.wall + self._moved.wall)

    def move(self, by: ClockReading) -> None:
        """Move both clocks, once."""
        self._moved = by


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> MovedClocks:
    """Clocks that the test moves. No slot counts as missed because the machine is busy."""
    monkeypatch.setattr("zettai_worker.limiter.slots.MAX_LATENESS", 30 * SECOND)
    return MovedClocks()


def next_slot(redis: ScriptedRedis, clocks: MovedClocks, first_answer: Callable[[], BookedSlots]) -> int:
    """Return the slot that a caller gets if Redis first answers this, and then with slots that are due."""
    redis.answer(first_answer, *[slots(1)] * 20)
    with closing(SlotDispatcher(redis.book, clocks=clocks)) as dispatcher:
        return dispatcher.wait_for_slot(Lane.BULK, local_now() + 2 * HOUR)


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_slot_is_not_used_if_a_clock_jumps_while_redis_answers(clocks: MovedClocks, move: ClockReading) -> None:
    booked: list[BookedSlots] = []

    def suspended() -> BookedSlots:
        booked.append(slots(1)())
        clocks.move(move)
        return booked[0]

    assert next_slot(ScriptedRedis(), clocks, suspended) > booked[0].first


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_slot_is_not_used_if_a_clock_jumps_while_its_caller_sleeps(
    clocks: MovedClocks, move: ClockReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked: list[BookedSlots] = []
    sleep_until = SlotDispatcher._sleep_until

    def suspended(dispatcher: SlotDispatcher, slot: Slot) -> bool:
        clocks.move(move)
        return sleep_until(dispatcher, slot)

    def first() -> BookedSlots:
        booked.append(slots(1)())
        return booked[0]

    monkeypatch.setattr(SlotDispatcher, "_sleep_until", suspended)
    assert next_slot(ScriptedRedis(), clocks, first) > booked[0].first


@pytest.mark.parametrize(
    ("local", "wall", "trusted"),
    [
        (MAX_AGE, MAX_AGE, True),
        (MAX_AGE + 1, MAX_AGE + 1, False),
        (0, MAX_CLOCK_JUMP, True),
        (0, MAX_CLOCK_JUMP + 1, False),
        (MAX_AGE, MAX_AGE - MAX_CLOCK_JUMP - 1, False),
    ],
)
def test_reading_is_trusted_for_a_second_without_a_jump(local: int, wall: int, *, trusted: bool) -> None:
    earlier = ClockReading(local=5, wall=1_700_000_000 * SECOND)
    assert ClockReading(earlier.local + local, earlier.wall + wall).can_trust(earlier) is trusted


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has a clock that stands still")
def test_local_clock_goes_on_while_the_machine_is_suspended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "clock_gettime_ns", {time.CLOCK_BOOTTIME: 7_000}.get)
    assert local_now() == 7


def test_process_stopped_for_longer_than_its_claim_sends_nothing(redis: Redis, redis_url: str, history: None) -> None:
    """It stops at the worst moment: Redis has booked its slot, and it has not read the answer."""
    server = FaultyServer(says(answer()))
    command = [sys.executable, str(STOPPED), redis_url, KEY, server.url]
    with closing(server), subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
            assert process.stdout
            claimed_until = float(process.stdout.readline())
            while redis.time()[0] <= claimed_until:
                time.sleep(0.05)
            process.send_signal(signal.SIGCONT)
            printed, _ = process.communicate(timeout=60)
        finally:
            process.kill()
    assert printed == "claim lost\n"
    assert server.requests == []
