"""Decides which dead letters can be sent again, and as which message; and sends them.

The command `requeue` and the console use it.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from zettai.client import SmsClient
from zettai.core.accounts import account_label
from zettai.core.aossms.codes import FailureCause, explain_failure, reason_in_words
from zettai.core.errors import LedgerUnavailable, ZettaiError
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store.updates import UpdateStore
from zettai.core.validation import TAG_LENGTH

DEAD_LETTER_STATES = (State.FAILED, State.REJECTED, State.EXPIRED, State.DELIVERY_UNKNOWN)

PASSING_CAUSES = frozenset({FailureCause.CONGESTION, FailureCause.OUT_OF_REACH})
"""The causes of a failed delivery that may have passed, so that the same message can arrive later."""

_REQUEUED_TAG = re.compile(r"(.+)~r(\d{1,6})", flags=re.DOTALL)

_DIGEST_LENGTH = 12


class Obstacle(StrEnum):
    """Why a message is not sent again."""

    SENT_AGAIN = "sent_again"
    """It was sent again before."""
    CAUSE_REMAINS = "cause_remains"
    """It did not arrive, for a cause that does not pass."""
    NOT_ARRIVED = "not_arrived"
    """It did not arrive, for a cause that may have passed. The operator must want it."""
    NO_DEAD_LETTER = "no_dead_letter"
    """It is in another state."""
    MAY_HAVE_ARRIVED = "may_have_arrived"
    """Its end is unknown. The operator must accept that the recipient may get it twice."""
    AT_PROVIDER = "at_provider"
    """The provider has it, although it counts as never sent. The operator must accept the same."""
    ERASED = "erased"
    """Its number was erased on request."""
    SEALED = "sealed"
    """Its number is sealed with a key that this process does not have."""
    NO_TEXT = "no_text"
    """No text was given, and the store has erased it."""
    PURGED = "purged"
    """Its record is gone."""


@dataclass(frozen=True, slots=True)
class Requeue:
    """A dead letter that an operator wants to send again.

    Attributes:
        message: the dead letter.
        body: the text to send.
        obstacle: why it is not sent again, or None.
        error: why it could not be recorded, or None.
    """

    message: Message
    body: str = field(repr=False)
    obstacle: Obstacle | None = None
    error: ZettaiError | None = None

    @property
    def problem(self) -> str | None:
        """Why it is not sent, in words, with the option of the command that changes that. None if it is sent."""
        if self.error is not None:
            return str(self.error)
        message, cause = self.message, reason_in_words(self.message.reason)
        texts = {
            Obstacle.SENT_AGAIN: f"it was already sent again as {message.requeued_as}",
            Obstacle.CAUSE_REMAINS: f"it did not arrive: {cause}. That does not pass",
            Obstacle.NOT_ARRIVED: f"it did not arrive: {cause}; use --undelivered to send it again",
            Obstacle.NO_DEAD_LETTER: f"it is {message.state}, not a dead letter",
            Obstacle.MAY_HAVE_ARRIVED: "it may have arrived; use --may-send-twice to send it again",
            Obstacle.AT_PROVIDER: "the provider has it; use --may-send-twice to send it again",
            Obstacle.ERASED: "its number was erased",
            Obstacle.SEALED: "its number is sealed with a key that is not among ZETTAI_ENCRYPTION_KEYS here",
            Obstacle.NO_TEXT: "it has no text; give one with --body or --bodies",
            Obstacle.PURGED: "it was purged",
        }
        return None if self.obstacle is None else texts[self.obstacle]

    @property
    def new_tag(self) -> str:
        """The client tag of the new message."""
        return next_tag(self.message.client_tag)

    def send_arguments(self, now: datetime) -> dict[str, Any]:
        """Return the arguments of `SmsClient.new_message`. A send time in the past means: send at once."""
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
            "account": account_label(message.account),
            "metadata": message.metadata,
            "category": message.category,
            "created_by": message.created_by,
            "team": message.team,
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
    obstacle = _obstacle(message, may_send_twice=may_send_twice, undelivered=undelivered)
    if obstacle is None and not body:
        obstacle = Obstacle.NO_TEXT
    return Requeue(message, body or "", obstacle)


def send_again(
    client: SmsClient,
    store: UpdateStore,
    requeue: Requeue,
    expires_in: timedelta | None,
    decide: Callable[[Message, str], Requeue],
) -> Requeue:
    """Record the new message and link it with the old one. Return the latest decision, with the error if there was one.

    Args:
        client: records the new message.
        store: has the old one.
        requeue: what the operator confirmed.
        expires_in: how long the new message may wait; None for the setting.
        decide: decides again, because the message may have arrived meanwhile.

    Raises:
        LedgerUnavailable: Redis did not answer. It is safe to call again.
    """
    message = client.get(requeue.message.client_tag)
    if message is None:
        return replace(requeue, obstacle=Obstacle.PURGED)
    latest = decide(message, requeue.body)
    if latest.obstacle is not None:
        return latest
    try:
        client.record(client.new_message(**latest.send_arguments(store.now()), expires_in=expires_in))
    except LedgerUnavailable:
        raise
    except ZettaiError as error:
        return replace(latest, error=error)
    store.link_requeued(message.client_tag, latest.new_tag)
    return latest


def next_tag(client_tag: str) -> str:
    """Return the tag of the new message. It depends on the old tag only, so a second run creates no second message."""
    requeued = _REQUEUED_TAG.fullmatch(client_tag)
    stem, number = (requeued[1], int(requeued[2]) + 1) if requeued else (client_tag, 2)
    suffix = f"~r{number}"
    if len(stem) + len(suffix) > TAG_LENGTH:
        digest = hashlib.blake2b(stem.encode(), digest_size=_DIGEST_LENGTH // 2).hexdigest()
        stem = stem[: TAG_LENGTH - len(suffix) - _DIGEST_LENGTH - 1] + "~" + digest
    return stem + suffix


def _obstacle(message: Message, *, may_send_twice: bool, undelivered: bool) -> Obstacle | None:
    """Return what stands against sending a message again, apart from its text."""
    if message.requeued_as is not None:
        return Obstacle.SENT_AGAIN
    if not message.to:
        return Obstacle.SEALED if message.sealed else Obstacle.ERASED
    if message.state is State.UNDELIVERED:
        if explain_failure(message.detail).cause not in PASSING_CAUSES:
            return Obstacle.CAUSE_REMAINS
        return None if undelivered else Obstacle.NOT_ARRIVED
    if message.state not in DEAD_LETTER_STATES:
        return Obstacle.NO_DEAD_LETTER
    return None if may_send_twice else _doubt(message)


def _doubt(message: Message) -> Obstacle | None:
    """Return why the recipient may have a dead letter already."""
    if message.state is State.DELIVERY_UNKNOWN:
        return Obstacle.MAY_HAVE_ARRIVED
    return Obstacle.AT_PROVIDER if message.contradicted else None
