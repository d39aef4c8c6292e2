"""Events through real processes: a campaign is followed by readers, one of which is killed."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

from tests.support.stack import Stack, eventually

from zettai import MessageEvent, State
from zettai.core.states import EVENT_STATES
from zettai.core.times import now

FAULTS = ["cut_after", "unavailable", "throttled", "system_error_after"]


def _campaign(stack: Stack, group: str, size: int) -> list[str]:
    """Send messages of which some fail, are rejected, expire or are canceled. Return their tags."""
    for number, kind in enumerate(FAULTS):
        stack.simulator.set_faults({"kind": kind, "suffix": f"07{number}3", "times": 1})
    items: list[dict[str, Any]] = [
        {
            "to": f"0{9 - number % 2}01114{700 + number:04}",
            "body": "x",
            "group": group,
            "client_tag": f"{group}-{number}",
        }
        for number in range(size)
    ]
    items[5]["send_at"] = now() + timedelta(hours=1)
    tags = [result.message_or_raise().client_tag for result in stack.client.send_many(items)]
    stack.client.cancel(tags[5])
    stack.client.cancel(tags[-1])
    return tags


def test_each_state_of_a_campaign_has_exactly_one_event(stack: Stack) -> None:
    """The reader starts late, and gets what happened before."""
    tags = _campaign(stack, "events-one", 200)
    eventually(lambda: all(one.state.is_final for one in stack.client.list(group="events-one")), "all are final")

    events = [
        event
        for event in stack.client.events(group="late", start="oldest", timeout=timedelta(seconds=1))
        if event.group == "events-one"
    ]

    told = Counter((event.client_tag, event.type.value) for event in events if event.client_tag)
    recorded = Counter(
        (message.client_tag, event.state.value)
        for message in stack.client.list(group="events-one")
        for event in message.history
        if event.state in EVENT_STATES
    )
    told = Counter({one: count for one, count in told.items() if one[1] != "overdue"})
    assert told == recorded
    assert {tag for tag, state in told if State(state).is_final} == set(tags)
    assert [event.type.value for event in events if not event.client_tag] == ["group_finished"]
    assert _are_in_order(events)


def test_reader_that_is_killed_in_a_campaign_loses_nothing(stack: Stack) -> None:
    program = (
        "import sys\n"
        "from zettai import SmsClient\n"
        "for event in SmsClient.from_env().events(group='killed', start='oldest', types=['accepted', 'delivered']):\n"
        "    sys.stdout.write(event.client_tag + ' ' + event.type + '\\n')\n"
        "    sys.stdout.flush()\n"
    )
    done: list[str] = []
    tags = _campaign(stack, "events-two", 200)
    for lines in (20, 50):
        with subprocess.Popen(
            [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=stack.environment
        ) as reader:
            assert reader.stdout is not None
            done += [reader.stdout.readline().strip() for _ in range(lines)]
            reader.kill()
            done += reader.stdout.read().splitlines()
    eventually(lambda: all(one.state.is_final for one in stack.client.list(group="events-two")), "all are final")

    rest = stack.client.events(group="killed", types=["accepted", "delivered"], timeout=timedelta(seconds=1))
    done += [f"{event.client_tag} {event.type}" for event in rest]

    delivered = {one.client_tag for one in stack.client.list(group="events-two") if one.state is State.DELIVERED}
    assert {f"{tag} delivered" for tag in tags if tag in delivered} <= set(done)
    assert sum(count - 1 for count in Counter(done).values()) <= 2  # one for each reader that was killed


def _are_in_order(events: list[MessageEvent]) -> bool:
    """Return whether the last event of each message has its present state."""
    last = {event.client_tag: event for event in events if event.client_tag and event.type != "overdue"}
    return all(event.message is not None and event.type == event.message.state.value for event in last.values())
