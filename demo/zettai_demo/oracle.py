"""The oracle compares the store and the answers of the product, message by message, with what the provider did.

It is used by the demo, the chaos test and other tests. It does no I/O: each check returns the messages that are wrong.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from zettai import CancelOutcome, Message, State
from zettai.core.events import EventType, MessageEvent
from zettai.core.states import FINAL, TRANSITIONS
from zettai.core.store.scripts import HISTORY_LENGTH
from zettai_demo.evidence import Evidence, FinalStatus, ProviderRecord
from zettai_demo.request_log import Request

RESULTS = {State.DELIVERED: FinalStatus.DELIVERED, State.UNDELIVERED: FinalStatus.FAILED}
"""The status that the provider must report for the states that are the carrier's result."""


Item = TypeVar("Item", Request, Message, ProviderRecord, MessageEvent)


@dataclass(frozen=True, slots=True)
class Check:
    """A promise of the product, and whether it was kept.

    Attributes:
        promise: what must be true.
        examined: number of items that were compared.
        wrong: one line for each difference.
    """

    promise: str
    examined: int
    wrong: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is no difference."""
        return not self.wrong


def run_checks(evidence: Evidence) -> list[Check]:
    """Run all checks; without a webhook endpoint, all but that of its events."""
    checks = [check for check in CHECKS if check is not events_received or evidence.received_events is not None]
    return [check(evidence) for check in checks]


def none_lost(evidence: Evidence) -> Check:
    """Each accepted message is in the store, and was sent unless its cancel was requested or its number suppressed."""
    messages = _messages_by_tag(evidence)
    sent = {record.client_tag for record in evidence.records if record.sent}
    cancel_requested = set(evidence.cancels).union(*(group.client_tags for group in evidence.groups))

    def difference(request: Request) -> str | None:
        message = messages.get(request.client_tag)
        if message is None:
            return "is not in the store"
        state = message.state
        if message.is_suppressed and request.to in evidence.suppressions:
            return None
        if state is State.CANCELED:
            is_wanted = request.client_tag in cancel_requested or message.replaced_by is not None
            return None if is_wanted else "is canceled, but no cancel was requested"
        if state.was_never_sent:
            return None if request.short_lived and state is State.EXPIRED else f"is {state}, but was accepted"
        if request.client_tag in sent or (request.short_lived and state is State.DELIVERY_UNKNOWN):
            return None
        return f"is {state}, but the provider never sent it"

    return _check("no accepted message is lost", evidence.requests.values(), difference)


def one_final_state(evidence: Evidence) -> Check:
    """Each message is listed once, in a final state that it reached in time by allowed transitions."""
    listed = Counter(message.client_tag for message in evidence.messages)

    def difference(message: Message) -> str | None:
        if listed[message.client_tag] != 1:
            return f"is listed {listed[message.client_tag]} times"
        if not message.state.is_final:
            return f"is still {message.state} ({message.reason}) since {message.since.isoformat()}"
        if message.client_tag in evidence.late:
            return f"was still {evidence.late[message.client_tag]} when the time was over"
        states = [event.state for event in message.history]
        if states[-1:] != [message.state]:
            return f"is {message.state}, but its history ends otherwise"
        # The middle of a very long history is left out, and one transition with it.
        wrong = [(old, new) for old, new in pairwise(states) if new not in TRANSITIONS[old]]
        return f"went from {wrong[0][0]} to {wrong[0][1]}" if wrong and len(states) < HISTORY_LENGTH else None

    return _check("each message has exactly one final state", evidence.messages, difference)


def no_work_left(evidence: Evidence) -> Check:
    """No queue and no index still has work for a message."""
    wrong = tuple(f"{size} entries in {key}" for key, size in evidence.work_left.items())
    return Check("no work is left in queues and indexes", len(evidence.messages), wrong)


def accepted_once(evidence: Evidence) -> Check:
    """The provider accepted no message twice, under any client tag, and none that was not requested."""
    promise = "the provider accepted each message at most once"
    times = Counter(record.client_tag for record in evidence.records)
    # A copy under another tag shows when a number gets a text more often than that was requested.
    requested = Counter(request.body for request in evidence.requests.values())
    accepted = Counter(record.body for record in evidence.records)

    def difference(record: ProviderRecord) -> str | None:
        if record.client_tag not in evidence.requests:
            return "was accepted by the provider, but never requested"
        if times[record.client_tag] > 1:
            return f"was accepted {times[record.client_tag]} times"
        if 0 < requested[record.body] < accepted[record.body]:
            return f"has a text that was accepted {accepted[record.body]} times"
        return None

    check = _check(promise, evidence.records, difference)
    recorded = Counter((record.client_tag, record.to, record.body) for record in evidence.records)
    if recorded == Counter(tuple(entry) for entry in evidence.journal):
        return check
    return Check(promise, check.examined, (*check.wrong, "the provider's journal differs from its records"))


def unchanged(evidence: Evidence) -> Check:
    """The provider got the number and the text that were requested."""

    def difference(record: ProviderRecord) -> str | None:
        request = evidence.requests.get(record.client_tag)
        if request is None or (request.to, request.body) == (record.to, record.body):
            return None
        return "reached another number, or with another text"

    return _check("each message went to its number with its text", evidence.records, difference)


def carrier_result(evidence: Evidence) -> Check:
    """`delivered` and `undelivered` are the carrier's results, and no result is unknown."""
    records = _records_by_tag(evidence)

    def difference(message: Message) -> str | None:
        record, expected = records.get(message.client_tag), RESULTS.get(message.state)
        if expected is None:
            request = evidence.requests.get(message.client_tag)
            return None if request is not None and request.short_lived else f"is {message.state} ({message.reason})"
        if record is None or not record.sent:
            return f"is {message.state}, but was never sent"
        if record.final_status != expected:
            return f"is {message.state}, but the provider reports statusId {record.final_status}"
        return None

    sent = [message for message in evidence.messages if message.state.is_final and not message.state.was_never_sent]
    return _check("each delivery result is that of the carrier", sent, difference)


def never_sent(evidence: Evidence) -> Check:
    """Canceled, rejected, expired and failed messages were not sent, and wait nowhere to be sent."""
    records = _records_by_tag(evidence)

    def difference(message: Message) -> str | None:
        record = records.get(message.client_tag)
        if record is None or record.canceled:
            return None
        return f"is {message.state}, but the provider {'sent' if record.sent else 'still holds'} it"

    unsent = [
        message
        for message in evidence.messages
        if message.state.was_never_sent or evidence.cancels.get(message.client_tag) is CancelOutcome.CANCELED
    ]
    return _check("no canceled, rejected or expired message was sent", unsent, difference)


def cancel_outcomes(evidence: Evidence) -> Check:
    """What `cancel` returned is what happened."""
    messages = _messages_by_tag(evidence)

    def difference(client_tag: str, outcome: CancelOutcome) -> str | None:
        message = messages.get(client_tag)
        if message is None:
            return f"is not in the store, and its cancel is {outcome}"
        if outcome in {CancelOutcome.NOT_FOUND, CancelOutcome.PENDING}:
            return f"is {message.state}, and its cancel is still {outcome}"
        if (message.state is State.CANCELED) != (outcome is CancelOutcome.CANCELED):
            return f"is {message.state}, but its cancel is {outcome}"
        return None

    cancels = evidence.cancels.items()
    wrong = tuple(f"{tag} {problem}" for tag, outcome in cancels if (problem := difference(tag, outcome)))
    return Check("each cancel did what it returned", len(evidence.cancels), wrong)


def group_outcomes(evidence: Evidence) -> Check:
    """What `cancel_group` returned is what happened."""
    messages = _messages_by_tag(evidence)
    wrong: list[str] = []
    for number, group in enumerate(evidence.groups, start=1):
        counts, size = group.counts, len(group.client_tags)
        counted = counts.canceled + counts.pending + counts.too_late
        canceled = sum(tag in messages and messages[tag].state is State.CANCELED for tag in group.client_tags)
        if counted != size:
            wrong.append(f"group {number} has {size} messages, but {counted} were counted")
        elif not counts.canceled <= canceled <= counts.canceled + counts.pending:
            wrong.append(f"group {number}: {counts.canceled} were counted as canceled, but {canceled} are")
    examined = sum(len(group.client_tags) for group in evidence.groups)
    return Check("each group cancel did what it returned", examined, tuple(wrong))


def suppressed_not_sent(evidence: Evidence) -> Check:
    """No message was submitted after the suppression of its number was acknowledged, unless it was claimed before."""
    messages = _messages_by_tag(evidence)

    def difference(record: ProviderRecord) -> str | None:
        suppressed_at, message = evidence.suppressions[record.to], messages.get(record.client_tag)
        attempts = [event.at for event in message.history if event.state is State.SUBMITTING] if message else []
        was_claimed = any(at.timestamp() <= suppressed_at for at in attempts)
        if record.accepted_at <= suppressed_at or was_claimed:
            return None
        return f"was submitted {record.accepted_at - suppressed_at:.3f} s after its number was suppressed"

    records = [record for record in evidence.records if record.to in evidence.suppressions]
    return _check("nothing is submitted to a number after its suppression", records, difference)


def one_of_both_sent(evidence: Evidence) -> Check:
    """Of a message and its successor, exactly one is sent, unless it may expire or its number is suppressed."""
    sent = {record.client_tag for record in evidence.records if record.sent}
    suppressed = {message.client_tag for message in evidence.messages if message.is_suppressed}

    def chain_from(tag: str) -> set[str]:
        """Return a message and all that were to be sent in its place, one after the other."""
        chain: set[str] = set()
        while tag and tag not in chain:
            chain.add(tag)
            tag = evidence.successors.get(tag, "")
        return chain

    def difference(tag: str, new_tag: str) -> str | None:
        successors = chain_from(new_tag)
        if tag in sent and not sent.isdisjoint(successors):
            return "was sent, and its successor too"
        may_be_unsent = evidence.requests[tag].short_lived or not suppressed.isdisjoint({tag, *successors})
        if sent.isdisjoint({tag, *successors}) and not may_be_unsent:
            return "was not sent, and its successor neither"
        return None

    pairs = evidence.successors.items()
    wrong = tuple(f"{tag} {problem}" for tag, new_tag in pairs if (problem := difference(tag, new_tag)))
    return Check("of each replaced message and its successor, one was sent", len(pairs), wrong)


def refused_not_stored(evidence: Evidence) -> Check:
    """The store has no message that was not accepted."""
    unknown = [message.client_tag for message in evidence.messages if message.client_tag not in evidence.requests]
    wrong = tuple(f"{client_tag} is in the store, but was not accepted" for client_tag in unknown)
    return Check("invalid messages were rejected and not stored", evidence.refused, wrong)


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

    return _check("each final state and each finished group has its event", evidence.messages, difference)


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
    return _check("each event reached the webhook endpoint, in order", events, difference)


def within_limit(evidence: Evidence) -> Check:
    """No sliding second had more calls than allowed, counted where they arrive."""
    promise = f"at most {evidence.limit} calls in any sliding second"
    if evidence.worst_second <= evidence.limit:
        return Check(promise, evidence.worst_second)
    return Check(promise, evidence.worst_second, (f"{evidence.worst_second} calls arrived within one second",))


CHECKS: Sequence[Callable[[Evidence], Check]] = (
    none_lost,
    one_final_state,
    no_work_left,
    accepted_once,
    unchanged,
    carrier_result,
    never_sent,
    cancel_outcomes,
    group_outcomes,
    suppressed_not_sent,
    one_of_both_sent,
    refused_not_stored,
    events_complete,
    events_received,
    within_limit,
)


def _messages_by_tag(evidence: Evidence) -> dict[str, Message]:
    return {message.client_tag: message for message in evidence.messages}


def _records_by_tag(evidence: Evidence) -> dict[str, ProviderRecord]:
    return {record.client_tag: record for record in evidence.records}


def _check(promise: str, items: Iterable[Item], difference: Callable[[Item], str | None]) -> Check:
    items = list(items)
    wrong = tuple(f"{item.client_tag} {problem}" for item in items if (problem := difference(item)))
    return Check(promise, len(items), wrong)
