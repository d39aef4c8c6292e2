"""What became of each message: in the store, at the provider, and for the carrier."""

from collections import Counter
from itertools import pairwise

from zettai import CancelOutcome, Message, State
from zettai.core.states import TRANSITIONS
from zettai.core.store.scripts import HISTORY_LENGTH
from zettai_demo.evidence import Evidence, FinalStatus, ProviderRecord
from zettai_demo.oracle.check import Check, check_each, messages_by_tag, records_by_tag
from zettai_demo.request_log import Request

RESULTS = {State.DELIVERED: FinalStatus.DELIVERED, State.UNDELIVERED: FinalStatus.FAILED}
"""The status that the provider must report for the states that are the carrier's result."""


def none_lost(evidence: Evidence) -> Check:
    """Each accepted message is in the store, and was sent unless its cancel was requested or its number suppressed."""
    messages = messages_by_tag(evidence)
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
            return None if is_wanted else f"is canceled ({message.reason}), but no cancel was requested"
        if state.was_never_sent:
            return None if request.short_lived and state is State.EXPIRED else f"is {state}, but was accepted"
        if request.client_tag in sent or (request.short_lived and state is State.DELIVERY_UNKNOWN):
            return None
        return f"is {state}, but the provider never sent it"

    return check_each("no accepted message is lost", evidence.requests.values(), difference)


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

    return check_each("each message has exactly one final state", evidence.messages, difference)


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

    check = check_each(promise, evidence.records, difference)
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

    return check_each("each message went to its number with its text", evidence.records, difference)


def carrier_result(evidence: Evidence) -> Check:
    """`delivered` and `undelivered` are the carrier's results, and no result is unknown."""
    records = records_by_tag(evidence)

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
    return check_each("each delivery result is that of the carrier", sent, difference)


def never_sent(evidence: Evidence) -> Check:
    """Canceled, rejected, expired and failed messages were not sent, and wait nowhere to be sent."""
    records = records_by_tag(evidence)

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
    return check_each("no canceled, rejected or expired message was sent", unsent, difference)


def refused_not_stored(evidence: Evidence) -> Check:
    """The store has no message that was not accepted."""
    unknown = [message.client_tag for message in evidence.messages if message.client_tag not in evidence.requests]
    wrong = tuple(f"{client_tag} is in the store, but was not accepted" for client_tag in unknown)
    return Check("invalid messages were rejected and not stored", evidence.refused, wrong)
