"""Decides which dead letters can be sent again, and as which message."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zettai import Message, State
from zettai.core.aossms.codes import FailureCause, explain_failure
from zettai.core.validation import TAG_LENGTH

DEAD_LETTER_STATES = (State.FAILED, State.REJECTED, State.EXPIRED, State.DELIVERY_UNKNOWN)

PASSING_CAUSES = frozenset({FailureCause.CONGESTION, FailureCause.OUT_OF_REACH})
"""The causes of a failed delivery that may have passed, so that the same message can arrive later."""

_REQUEUED_TAG = re.compile(r"(.+)~r(\d{1,6})", flags=re.DOTALL)

_DIGEST_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Requeue:
    """A dead letter that an operator wants to send again.

    Attributes:
        message: the dead letter.
        body: the text to send.
        problem: why it is not sent again, or None.
    """

    message: Message
    body: str = field(repr=False)
    problem: str | None = None

    @property
    def new_tag(self) -> str:
        """The client tag of the new message."""
        return next_tag(self.message.client_tag)

    def send_arguments(self, now: datetime) -> dict[str, Any]:
        """Return the arguments of `SmsClient.send`. A send time in the past means: send at once."""
        message = self.message
        is_future = message.send_at is not None and message.send_at > now
        return {
            "to": message.to,
            "body": self.body,
            "client_tag": self.new_tag,
            "send_at": message.send_at if is_future else None,
            "lane": message.lane,
            "group": message.group,
            "carrier": message.carrier,
            "sender": message.sender,
            "metadata": message.metadata,
            "category": message.category,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON, with the number masked."""
        shown = self.message.to_dict()
        return {
            **{name: shown[name] for name in ("client_tag", "to", "state", "reason")},
            "new_tag": self.new_tag,
            "problem": self.problem,
        }


def decide_requeue(message: Message, body: str | None, *, may_send_twice: bool, undelivered: bool = False) -> Requeue:
    """Decide whether a message can be sent again.

    Args:
        message: as the store has it now.
        body: its text, if one was given.
        may_send_twice: the operator accepts that a recipient may get the message twice.
        undelivered: the operator also wants to send what did not arrive for a cause that may have passed.
    """
    if message.requeued_as is not None:
        problem: str | None = f"it was already sent again as {message.requeued_as}"
    elif message.state is State.UNDELIVERED:
        problem = _problem_of_undelivered(message, undelivered=undelivered)
    else:
        problem = _problem_of_dead_letter(message, may_send_twice=may_send_twice)
    if problem is None and not body:
        problem = "it has no text; give one with --body or --bodies"
    return Requeue(message, body or "", problem)


def next_tag(client_tag: str) -> str:
    """Return the tag of the new message. It depends on the old tag only, so a second run creates no second message."""
    requeued = _REQUEUED_TAG.fullmatch(client_tag)
    stem, number = (requeued[1], int(requeued[2]) + 1) if requeued else (client_tag, 2)
    suffix = f"~r{number}"
    if len(stem) + len(suffix) > TAG_LENGTH:
        digest = hashlib.blake2b(stem.encode(), digest_size=_DIGEST_LENGTH // 2).hexdigest()
        stem = stem[: TAG_LENGTH - len(suffix) - _DIGEST_LENGTH - 1] + "~" + digest
    return stem + suffix


def _problem_of_undelivered(message: Message, *, undelivered: bool) -> str | None:
    cause = explain_failure(message.detail).cause
    if cause not in PASSING_CAUSES:
        return f"it did not arrive: {cause}. That does not pass"
    return None if undelivered else f"it did not arrive: {cause}; use --undelivered to send it again"


def _problem_of_dead_letter(message: Message, *, may_send_twice: bool) -> str | None:
    if message.state not in DEAD_LETTER_STATES:
        return f"it is {message.state}, not a dead letter"
    if message.state is State.DELIVERY_UNKNOWN and not may_send_twice:
        return "it may have arrived; use --may-send-twice to send it again"
    if message.contradicted and not may_send_twice:
        return "the provider has it; use --may-send-twice to send it again"
    return None
