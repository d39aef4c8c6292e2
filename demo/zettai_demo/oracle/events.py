"""Which events the messages made, and which ones reached the webhook endpoint."""

from collections import defaultdict

from zettai import Message
from zettai.core.events import EventType, MessageEvent
from zettai.core.states import FINAL
from zettai_demo.evidence import Evidence
from zettai_demo.oracle.check import Check, check_each


def events_complete(evidence: Evidence) -> Check:
    """Each final state of each message has one event, and each group is reported as finished."""
    events: defaultdict[str, list[str]] = defaultdict(list)
    for event in evidence.events:
        events[event.client_tag].append(event.type.value)
    finished = {event.group for event in evidence.events if event.type is EventType.GROUP_FINISHED}

    def difference(message: Message) -> str | None:
        entered = [event.state for event in message.history if event.state in FINAL]
        found = [event for event in events[message.client_tag] if event in FINAL]
        if found != entered:
            return f"entered {', '.join(entered)}, but has the events {', '.join(found) or 'none'}"
        if message.group is not None and message.group not in finished:
            return f"is in group {message.group}, which was not reported as finished"
        return None

    return check_each("each final state and each finished group has its event", evidence.messages, difference)


def events_received(evidence: Evidence) -> Check:
    """Each event reached the webhook endpoint, those of a message in their order. Repeated ones do not count."""
    arrived = {event_id: number for number, event_id in reversed(list(enumerate(evidence.received_events or ())))}
    latest: dict[str, int] = {}

    def difference(event: MessageEvent) -> str | None:
        number = arrived.get(event.id)
        if number is None:
            return f"has the event {event.type} ({event.id}), which the endpoint did not get"
        before = latest.get(event.client_tag, -1)
        latest[event.client_tag] = max(number, before)
        if event.client_tag and number < before:
            return f"has the event {event.type} ({event.id}), which the endpoint got before an earlier one"
        return None

    events = () if evidence.received_events is None else evidence.events
    return check_each("each event reached the webhook endpoint, in order", events, difference)
