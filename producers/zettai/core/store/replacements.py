"""Replacing messages. `replace.lua` and `replacements.lua` say how."""

import json
from collections.abc import Sequence
from typing import cast

from zettai.core.errors import EncryptionKeyMissing, ReplacementPending, TagConflict
from zettai.core.message import PAUSED, Message
from zettai.core.new_message import NewMessage
from zettai.core.replacement import Changes, Replacement, ReplaceOutcome, held_successor_of
from zettai.core.states import State
from zettai.core.store.durability import Disk
from zettai.core.store.guards import REFUSED
from zettai.core.store.scripts import CANCELABLE
from zettai.core.store.store import CANCEL_GRACE, RESERVE_FROM, MessageStore, to_record
from zettai.core.times import MINUTE, milliseconds, now


class ReplacementStore(MessageStore):
    """Replaces messages."""

    def replace(
        self, client_tag: str, changes: Changes, disk: Disk | None = None, *, owner: str | None = None
    ) -> tuple[Replacement, bool, bool]:
        """Replace a message by a successor: the message is canceled, and the successor recorded in the same step.

        Args:
            client_tag: the message to replace.
            changes: what is different in the successor.
            disk: to wait until the change is on disk.
            owner: a message of another owner counts as not found.

        Returns:
            The result; whether a cancel task must be published; and whether the change is known to be on disk, if that
            was asked for.

        Raises:
            InvalidMessage: the successor cannot be sent. Nothing changed.
            TagConflict: the successor's tag is used by another message. Nothing changed.
            EncryptionKeyMissing: the message is sealed with a key that this process does not have. Nothing changed.
            ReplacementPending: the message is a successor that is not recorded yet. Nothing changed.
            GuardError: a guard refused the successor. Nothing changed.
        """
        [message] = self.get([client_tag])
        if message is None:
            self._check_not_waiting(client_tag, owner)
        if message is None or owner not in {None, message.owner}:
            return Replacement(ReplaceOutcome.NOT_FOUND), False, True
        request, new = self.digests.of(changes.content), self._successor_of(message, changes)
        new_tag = (changes.client_tag or "") if new is None else new.client_tag
        prepared = "" if new is None else self._prepare(message, new, request)
        keys = [*self._keys([client_tag]), self.keys.message(new_tag)]
        is_made_tag = "1" if changes.client_tag is None else "0"
        arguments = (
            json.dumps([client_tag]),
            *self._cancel_arguments,
            new_tag,
            is_made_tag,
            request,
            prepared,
        )
        is_on_disk = True
        if disk is None:
            answers = self.scripts.run("replace", keys, *arguments)
        else:
            answers, is_on_disk = self.scripts.run_durably(disk, "replace", keys, *arguments)
        self._report_quarantined([client_tag], answers)
        outcome, successor = _read_answer(answers[0])
        if outcome == "conflict":
            raise TagConflict(new_tag)
        if new is not None and outcome.startswith(REFUSED):
            raise self._guards.error_of(new, outcome, self.now())
        is_reserved = outcome == "reserved"
        outcome = ReplaceOutcome.PENDING if is_reserved else ReplaceOutcome(outcome)
        recorded = self.get([successor])[0] if successor and outcome is not ReplaceOutcome.PENDING else None
        return Replacement(outcome, successor or None, recorded), is_reserved, is_on_disk

    def _check_not_waiting(self, client_tag: str, owner: str | None) -> None:
        """Check that a tag is not that of a successor that waits for the cancel of another message of the owner.

        Raises:
            ReplacementPending: it is.
        """
        replaced = cast("str | None", self.redis.hget(self.keys.replacements, f"new {client_tag}"))
        message = None if replaced is None else self.get([replaced])[0]
        if message is not None and owner in {None, message.owner}:
            raise ReplacementPending(client_tag, message.client_tag)

    def hold_reservations(self, client_tags: Sequence[str]) -> list[str]:
        """Request that reservations of a paused group are canceled at the provider. The successor of each waits here.

        The successor expires soon after its `send_at`, so it is never sent late.

        Returns:
            The tags for which a cancel task must be published. The others are not reserved, or are canceled anyway.
        """
        messages = [one for one in self.get(client_tags) if one and one.state is State.SCHEDULED and _is_ahead(one)]
        bodies = self.bodies([one.client_tag for one in messages])
        items, keys = [], []
        for message, body in zip(messages, bodies, strict=True):
            if body is not None:
                new = held_successor_of(message, body, lasts=RESERVE_FROM)
                prepared = self._prepare(message, new, PAUSED)
                items.append({"tag": message.client_tag, "new_tag": new.client_tag, "prepared": prepared})
                keys += [self.keys.message(message.client_tag), self.keys.message(new.client_tag)]
        if not items:
            return []
        answers = self.scripts.run("hold_reservations", keys, json.dumps(items), milliseconds(CANCEL_GRACE))
        tags = [item["tag"] for item in items]
        self._report_quarantined(tags, answers)
        return [tag for tag, answer in zip(tags, answers, strict=True) if answer == 1]

    def _successor_of(self, message: Message, changes: Changes) -> NewMessage | None:
        """Return the successor of a message; None if it is too late for one."""
        if message.state not in CANCELABLE:
            return None
        if message.sealed:
            raise EncryptionKeyMissing(message.client_tag)
        [body] = self.bodies([message.client_tag])
        return changes.successor_of(message, body)

    def _prepare(self, message: Message, new: NewMessage, request: str) -> str:
        """Return the successor as `replacements.lua` reads it."""
        record, body_key, group, owned = self._keys_with_indexes(new.client_tag, new.group, new.owner)
        described = to_record(new, self.digests.of(new.content), self.secrets) | self._guards.describe(new)
        described["fields"] += ["replaces", message.client_tag]
        prepared = {
            "message": described,
            "record": record,
            "body": body_key,
            "group": group,
            "owned": owned,
            "request": request,
        }
        return json.dumps(prepared)


def _is_ahead(message: Message) -> bool:
    """Return whether there is time to cancel a reservation: the provider sends it in a minute or later."""
    return message.send_at is not None and message.send_at > now() + MINUTE


def _read_answer(answer: Sequence[str] | str | None) -> tuple[str, str]:
    """Return the outcome and the successor's tag. A damaged record counts as no message."""
    if answer is None or isinstance(answer, str):
        return ReplaceOutcome.NOT_FOUND, ""
    outcome, successor = answer
    return outcome, successor
