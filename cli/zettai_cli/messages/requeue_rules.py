"""Which dead letters may be sent again, and as what: pure decisions."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zettai import Message, State
from zettai.core.validation import TAG_LENGTH

DEAD = (State.FAILED, State.REJECTED, State.EXPIRED, State.DELIVERY_UNKNOWN)
"""The states of dead letters."""

_AGAIN = re.compile(r"(.+)~r(\d{1,6})", flags=re.DOTALL)

_DIGEST = 12


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that is to be sent again.

    Attributes:
        message: as it ended.
        body: its text, given again.
        problem: why it is not sent again; None where it may be.
    """

    message: Message
    body: str = field(repr=False)
    problem: str | None = None

    def keywords(self, now: datetime) -> dict[str, Any]:
        """Those of `SmsClient.send`. A time that has passed means at once."""
        message = self.message
        ahead = message.send_at is not None and message.send_at > now
        return {
            "to": message.to,
            "body": self.body,
            "client_tag": next_tag(message.client_tag),
            "send_at": message.send_at if ahead else None,
            "lane": message.lane,
            "group": message.group,
            "carrier": message.carrier,
        }

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON, with the number masked."""
        shown = self.message.to_dict()
        return {
            **{name: shown[name] for name in ("client_tag", "to", "state", "reason")},
            "new_tag": next_tag(self.message.client_tag),
            "problem": self.problem,
        }


def letter_of(message: Message, body: str | None, *, may_send_twice: bool) -> Letter:
    """Decide whether a message may be sent again.

    Args:
        message: as it stands.
        body: its text, where one was given.
        may_send_twice: the operator takes it that a recipient may get the message twice.
    """
    return Letter(message, body or "", _problem(message, body, may_send_twice=may_send_twice))


def next_tag(client_tag: str) -> str:
    """The tag under which a message is sent again. It follows from the old one, so that twice makes one message."""
    again = _AGAIN.fullmatch(client_tag)
    stem, number = (again[1], int(again[2]) + 1) if again else (client_tag, 2)
    ending = f"~r{number}"
    if len(stem) + len(ending) > TAG_LENGTH:
        digest = hashlib.blake2b(stem.encode(), digest_size=_DIGEST // 2).hexdigest()
        stem = stem[: TAG_LENGTH - len(ending) - _DIGEST - 1] + "~" + digest
    return stem + ending


def _problem(message: Message, body: str | None, *, may_send_twice: bool) -> str | None:
    if message.state not in DEAD:
        return f"is {message.state}, and no dead letter"
    if message.requeued_as is not None:
        return f"was sent again as {message.requeued_as}"
    if message.state is State.DELIVERY_UNKNOWN and not may_send_twice:
        return "may have arrived; --may-send-twice sends it all the same"
    if message.contradicted and not may_send_twice:
        return "the provider has it after all; --may-send-twice sends it all the same"
    return None if body else "no text was given for it"
