"""The verdict: the store and what callers were told, message by message, against what the provider really did.

Pure logic: it asks nobody. Each check looks at some messages and names those that are wrong.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from zettai import CancelOutcome, Message, State
from zettai.core.states import TRANSITIONS
from zettai.core.store.scripts import HISTORY_LENGTH
from zettai_demo.provider import FinalStatus, Taken
from zettai_demo.requests import Asked, GroupTold

RESULTS = {State.DELIVERED: FinalStatus.DELIVERED, State.UNDELIVERED: FinalStatus.FAILED}
"""The final states that tell what the carrier said, and what it must have said."""


Item = TypeVar("Item", Asked, Message, Taken)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known when the curtain has fallen.

    Attributes:
        asked: the messages that were accepted, by client tag.
        canceled: what was told about cancels of single messages.
        groups: what was told about cancels of groups.
        refused: how many messages were refused at once.
        store: the messages that the store lists, each as often as it lists it.
        taken: what the provider took, in that order.
        worst_second: the most calls in any sliding second.
        limit: how many calls a second may hold.
    """

    asked: Mapping[str, Asked]
    canceled: Mapping[str, CancelOutcome]
    groups: Sequence[GroupTold]
    refused: int
    store: Sequence[Message]
    taken: Sequence[Taken]
    worst_second: int
    limit: int


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, and whether it was kept.

    Attributes:
        promise: in plain words.
        examined: how many messages were looked at.
        wrong: what is wrong, a line each.
    """

    promise: str
    examined: int
    wrong: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong


def judge(evidence: Evidence) -> list[Check]:
    """Make all checks."""
    return [check(evidence) for check in CHECKS]


def none_lost(evidence: Evidence) -> Check:
    """What was accepted is in the store, and what should have been sent is at the provider."""
    known = _by_tag(evidence)
    at_provider = {taken.client_tag for taken in evidence.taken if taken.sent}

    def wrong(asked: Asked) -> str | None:
        message = known.get(asked.client_tag)
        if message is None:
            return "is not in the store"
        if message.state.was_never_sent or asked.client_tag in at_provider:
            return None
        return f"is {message.state}, and the provider never sent it"

    return _check("no accepted message is lost", evidence.asked.values(), wrong)


def one_end(evidence: Evidence) -> Check:
    """Each message is listed once, in a final state, to which it came by allowed steps."""
    listed = Counter(message.client_tag for message in evidence.store)

    def wrong(message: Message) -> str | None:
        if listed[message.client_tag] != 1:
            return f"is listed {listed[message.client_tag]} times"
        if not message.state.is_final:
            return f"is still {message.state}"
        states = [event.state for event in message.history]
        if states[-1:] != [message.state]:
            return f"is {message.state}, but its history does not end so"
        # The middle of a very long history is left out, and with it one step.
        leaps = [(old, new) for old, new in pairwise(states) if new not in TRANSITIONS[old]]
        return f"went from {leaps[0][0]} to {leaps[0][1]}" if leaps and len(states) < HISTORY_LENGTH else None

    return _check("each has exactly one final state", evidence.store, wrong)


def taken_once(evidence: Evidence) -> Check:
    """The provider took no message twice, and none that nobody asked for."""
    times = Counter(taken.client_tag for taken in evidence.taken)

    def wrong(taken: Taken) -> str | None:
        if taken.client_tag not in evidence.asked:
            return "was taken by the provider, but never accepted from anybody"
        return f"was taken {times[taken.client_tag]} times" if times[taken.client_tag] > 1 else None

    return _check("the provider took each at most once", evidence.taken, wrong)


def as_written(evidence: Evidence) -> Check:
    """The provider got the number and the text that were asked for."""

    def wrong(taken: Taken) -> str | None:
        asked = evidence.asked.get(taken.client_tag)
        if asked is None or (asked.to, asked.body) == (taken.to, taken.body):
            return None
        return "reached another number, or with another text"

    return _check("each went to its number with its text", evidence.taken, wrong)


def result_told(evidence: Evidence) -> Check:
    """Delivered and undelivered are what the carrier said."""
    truth = {taken.client_tag: taken for taken in evidence.taken}

    def wrong(message: Message) -> str | None:
        taken, expected = truth.get(message.client_tag), RESULTS.get(message.state)
        if expected is None:
            return f"is {message.state}: its end was not found out"
        if taken is None or not taken.sent:
            return f"is {message.state}, but was never sent"
        if taken.final_status != expected:
            return f"is {message.state}, but the provider says statusId {taken.final_status}"
        return None

    sent = [message for message in evidence.store if message.state.is_final and not message.state.was_never_sent]
    return _check("delivered or not is what the carrier said", sent, wrong)


def never_sent(evidence: Evidence) -> Check:
    """Canceled, rejected, expired and failed messages never went out, and none waits to."""
    truth = {taken.client_tag: taken for taken in evidence.taken}

    def wrong(message: Message) -> str | None:
        taken = truth.get(message.client_tag)
        if taken is None or taken.canceled:
            return None
        return f"is {message.state}, but the provider {'sent' if taken.sent else 'still holds'} it"

    unsent = [message for message in evidence.store if message.state.was_never_sent]
    return _check("canceled, rejected or expired was never sent", unsent, wrong)


def cancels_told(evidence: Evidence) -> Check:
    """What the caller of `cancel` was told is what happened."""
    known = _by_tag(evidence)

    def wrong(told: tuple[str, CancelOutcome]) -> str | None:
        client_tag, outcome = told
        message = known.get(client_tag)
        if outcome is CancelOutcome.NOT_FOUND or message is None:
            return "is not known, though it was accepted"
        was_canceled = message.state is State.CANCELED
        if outcome is not CancelOutcome.PENDING and was_canceled != (outcome is CancelOutcome.CANCELED):
            return f"was told {outcome}, but is {message.state}"
        return None

    found = tuple(f"{one[0]} {problem}" for one in evidence.canceled.items() if (problem := wrong(one)))
    return Check("cancels ended as they were told", len(evidence.canceled), found)


def groups_told(evidence: Evidence) -> Check:
    """What the caller of `cancel_group` was told is what happened."""
    known = _by_tag(evidence)
    found: list[str] = []
    for number, group in enumerate(evidence.groups, start=1):
        counts = group.counts
        told = counts.canceled + counts.pending + counts.too_late
        canceled = sum(tag in known and known[tag].state is State.CANCELED for tag in group.tags)
        if told != len(group.tags):
            found.append(f"group {number} has {len(group.tags)} messages, and {told} were told of")
        elif not counts.canceled <= canceled <= counts.canceled + counts.pending:
            found.append(f"group {number}: {counts.canceled} to be canceled were told, {canceled} are")
    return Check("groups were canceled as told", sum(len(group.tags) for group in evidence.groups), tuple(found))


def refused_at_once(evidence: Evidence) -> Check:
    """What was refused at once is in no store."""
    strangers = [message.client_tag for message in evidence.store if message.client_tag not in evidence.asked]
    found = tuple(f"{client_tag} is in the store, though it was not accepted" for client_tag in strangers)
    return Check("invalid ones were refused at the edge", evidence.refused, found)


def within_limit(evidence: Evidence) -> Check:
    """No sliding second held more calls than allowed, where the provider counts."""
    promise = f"at most {evidence.limit} calls in any sliding second"
    if evidence.worst_second <= evidence.limit:
        return Check(promise, evidence.worst_second)
    return Check(promise, evidence.worst_second, (f"{evidence.worst_second} calls arrived within one second",))


CHECKS: Sequence[Callable[[Evidence], Check]] = (
    none_lost,
    one_end,
    taken_once,
    as_written,
    result_told,
    never_sent,
    cancels_told,
    groups_told,
    refused_at_once,
    within_limit,
)


def _by_tag(evidence: Evidence) -> dict[str, Message]:
    return {message.client_tag: message for message in evidence.store}


def _check(promise: str, items: Iterable[Item], wrong: Callable[[Item], str | None]) -> Check:
    everything = list(items)
    found = tuple(f"{item.client_tag} {problem}" for item in everything if (problem := wrong(item)))
    return Check(promise, len(everything), found)
