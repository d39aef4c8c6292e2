"""The verdict: what the product promises, message by message, against what the provider did. It asks nobody."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from tests.chaos.evidence import CANCELLED, SENT, Evidence

from zettai import CancelOutcome, State

LIMIT = 600
"""Calls that any sliding second may hold."""

SAID = {State.DELIVERED: 2, State.UNDELIVERED: 3}
"""The final states that tell what the carrier said, and what it must have said."""


def lost(evidence: Evidence) -> Iterator[str]:
    """Accepted, and then unknown, never sent without anybody's wish, or believed to be sent when it was not."""
    for tag, asked in evidence.asked.items():
        message = evidence.store.get(tag)
        state = None if message is None else message.state
        if state is None:
            yield f"{tag} is not in the store"
        elif state is State.CANCELED:
            if tag not in evidence.told:
                yield f"{tag} is canceled, and nobody wished that"
        elif state is State.EXPIRED and asked.brief:
            continue
        elif state.was_never_sent:
            yield f"{tag} is {state}"
        elif state.is_final and tag not in evidence.truth and not (asked.brief and state is State.DELIVERY_UNKNOWN):
            yield f"{tag} is {state}, and the provider never had it"


def doubled(evidence: Evidence) -> Iterator[str]:
    """Taken twice, under the same tag or with the same text under another, or taken otherwise than it was asked."""
    for what, taken in (
        ("tag", Counter(one.client_tag for one in evidence.taken)),
        ("text", Counter(one.body for one in evidence.taken)),
    ):
        yield from (f"{what} {value} was taken {times} times" for value, times in taken.items() if times > 1)
    for one in evidence.taken:
        asked = evidence.asked.get(one.client_tag)
        if asked is None:
            yield f"{one.client_tag} was taken, and nobody asked for it"
        elif (asked.to, asked.body) != (one.to, one.body):
            yield f"{one.client_tag} was taken with another number or text"


def sent_all_the_same(evidence: Evidence) -> Iterator[str]:
    """The caller was told that it is canceled (or will not be sent), and it was sent, or waits to be."""
    for tag, message in evidence.store.items():
        state, _ = evidence.truth.get(tag, (CANCELLED, 0))
        promised = message.state.was_never_sent or evidence.told.get(tag) is CancelOutcome.CANCELED
        if promised and state != CANCELLED:
            yield f"{tag} is {message.state}, and the provider has it as {state}"


def stuck(evidence: Evidence) -> Iterator[str]:
    """Not at its end, or work that nobody will do."""
    for tag, message in evidence.store.items():
        if not message.state.is_final:
            yield f"{tag} is {message.state} ({message.reason}) since {message.since.isoformat()}"
    yield from (f"{tag} was still {state} when all should have ended" for tag, state in evidence.late.items())
    for key, size in evidence.left.items():
        yield f"{size} in {key}"


def wrong_end(evidence: Evidence) -> Iterator[str]:
    """The store's end is not the provider's, or not what the caller of `cancel` was told."""
    for tag, message in evidence.store.items():
        state, status = evidence.truth.get(tag, ("not taken", 0))
        if message.state in SAID and (state, status) != (SENT, SAID[message.state]):
            yield f"{tag} is {message.state}, and the provider says {state}, statusId {status}"
        elif message.state is State.DELIVERY_UNKNOWN and not evidence.asked[tag].brief:
            yield f"{tag} is {message.state} ({message.reason}), and the provider says {state}, statusId {status}"
        told = evidence.told.get(tag)
        if told is CancelOutcome.TOO_LATE and message.state is State.CANCELED:
            yield f"{tag} was told to be too late to cancel, and is {message.state}"
        elif told in {CancelOutcome.PENDING, CancelOutcome.NOT_FOUND}:
            yield f"{tag} is {message.state}, and its cancel is still {told}"


def beyond_the_limit(evidence: Evidence) -> Iterator[str]:
    """More calls in a second than allowed, where the provider counts."""
    if evidence.worst_second > LIMIT:
        yield f"{evidence.worst_second} calls in one sliding second"


PROMISES: Mapping[str, Callable[[Evidence], Iterator[str]]] = {
    "lost": lost,
    "double": doubled,
    "sent after a confirmed cancel": sent_all_the_same,
    "stuck": stuck,
    "ends other than the provider's": wrong_end,
    "seconds beyond the limit": beyond_the_limit,
}
"""Each promise by the name of what must not be."""


def judge(evidence: Evidence) -> dict[str, list[str]]:
    """Everything that is wrong, by promise; an empty list for each that was kept."""
    return {name: list(found(evidence)) for name, found in PROMISES.items()}
