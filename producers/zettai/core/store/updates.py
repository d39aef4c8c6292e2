"""State updates: what to record about messages after an attempt, a status check or a cancel."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from redis.exceptions import ResponseError

from zettai.core.errors import ZettaiError
from zettai.core.loggers import get_logger
from zettai.core.states import State
from zettai.core.store.store import MessageStore
from zettai.core.times import milliseconds

logger = get_logger("zettai.store")

_STATES = frozenset(State)


class ForbiddenTransition(ZettaiError):  # noqa: N818 - reads as the fact that it states
    """An update asks for a transition that the table in states.py forbids. Nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateUpdate:
    """What to record about a message. It applies only if the message is still as expected.

    Attributes:
        expected_states: the states in which the update applies.
        claim_id: the claim that the message must be under, for `submitting`.
        to: the new state. With None the state stays; only `fields` and the due time change.
        due_in: the time until the message is due again.
        fields: to set in the record.
        not_attempted: the provider was not asked, so the attempt does not count.
        calls: how many calls about the message were made, beside its submission.
        overdue: the final status is late; an event reports that once.
        found: whether a look-up by tag has shown the message at the provider; None if it proves neither.
    """

    client_tag: str
    expected_states: frozenset[State]
    claim_id: str | None = None
    to: State | None = None
    reason: str = ""
    due_in: timedelta | None = None
    fields: Mapping[str, str | int] = field(default_factory=dict)
    not_attempted: bool = False
    calls: int = 0
    overdue: bool = False
    found: bool | None = None


class UpdateStore(MessageStore):
    """Applies state updates."""

    def apply_updates(self, updates: Sequence[StateUpdate]) -> list[State | None]:
        """Apply updates. One that comes too late changes nothing.

        Returns:
            For each update the state of the message now, or None if the update came too late. Logs it if the provider
            took a message that was said to be never sent, and if all sending or a sender code resumes.

        Raises:
            ForbiddenTransition: an update asks for a transition that the table of states forbids.
        """
        keys = self._keys(update.client_tag for update in updates)
        try:
            answers, resumed = self.scripts.run(
                "apply_updates", keys, json.dumps([_to_json(update) for update in updates])
            )
        except ResponseError as error:
            if "FORBIDDEN" in str(error):
                raise ForbiddenTransition(str(error)) from None
            raise
        self._report_quarantined([update.client_tag for update in updates], answers)
        for reason, suspended_for, sender in resumed:
            logger.info("sending_resumed", reason=reason, seconds=int(suspended_for) / 1000, sender=sender or None)
        for update, answer in zip(updates, answers, strict=True):
            if answer == "promise_broken":
                logger.error("promise_broken", client_tag=update.client_tag, provider=update.to)
        return [State(answer) if answer in _STATES else None for answer in answers]

    def link_requeued(self, client_tag: str, new_tag: str) -> bool:
        """Link a message with the one that replaces it, in both records. Return False if they were linked before."""
        keys = [self.keys.message(client_tag), self.keys.message(new_tag)]
        return bool(self.scripts.run("link_requeued", keys, client_tag, new_tag))


def _to_json(update: StateUpdate) -> dict[str, object]:
    """Return an update in the form that `apply_updates.lua` reads."""
    values: dict[str, object] = {
        "tag": update.client_tag,
        "expected_states": sorted(update.expected_states),
        "fields": [str(part) for pair in update.fields.items() for part in pair],
        "reason": update.reason,
    }
    if update.to is not None:
        values["to"] = update.to
    if update.claim_id is not None:
        values["claim_id"] = update.claim_id
    if update.due_in is not None:
        values["due_in"] = milliseconds(update.due_in)
    if update.not_attempted:
        values["not_attempted"] = True
    if update.calls:
        values["calls"] = update.calls
    if update.overdue:
        values["overdue"] = True
    if update.found is not None:
        values["found"] = update.found
    return values
