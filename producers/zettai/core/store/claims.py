"""Claims: a worker's time-limited right to act on a message."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

import structlog

from zettai.core.message import Message
from zettai.core.store.records import to_message
from zettai.core.store.store import RESERVE_FROM, MessageStore
from zettai.core.times import milliseconds

logger = structlog.get_logger("zettai.store")


class ClaimKind(StrEnum):
    """What a claim gives the right to do."""

    SEND = "send"
    """Ask the provider to send the message at once."""
    RESERVE = "reserve"
    """Ask the provider to send the message at its `send_at`."""
    LOOK_UP = "look_up"
    """Only ask whether the provider has the message. It may have it, so it must not be sent again."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to act on a message until the claim times out.

    Attributes:
        outcome_unknown: the provider may have taken the message at an earlier attempt.
        claim_id: identifies the claim. A look-up needs no claim: its updates leave the id out.
    """

    kind: ClaimKind
    message: Message
    body: str = field(repr=False)
    outcome_unknown: bool
    claim_id: str


class ClaimStore(MessageStore):
    """Claims messages."""

    def claim(
        self, client_tags: Sequence[str], claim_id: str, *, claim_timeout: timedelta, held_for: timedelta
    ) -> list[Claim]:
        """Claim messages, and return the claims. A message with nothing to do is left out.

        Args:
            client_tags: the messages to claim.
            claim_id: a new id. A repeated call with the same id returns the same claims.
            claim_timeout: after this time, the outcome of a message without an update counts as unknown.
            held_for: while sending is suspended, the time until a message is tried again.
        """
        # A tag that is given twice would be claimed twice, and then sent twice.
        tags = list(dict.fromkeys(client_tags))
        answers = self.scripts.run(
            "claim",
            self._keys(tags),
            json.dumps(tags),
            claim_id,
            milliseconds(claim_timeout),
            milliseconds(RESERVE_FROM),
            milliseconds(held_for),
        )
        newer = answers.count("newer_version")
        if newer:
            logger.warning("record_of_newer_version", count=newer, action="update this worker; the messages wait")
        claimed = ((tag, answer) for tag, answer in zip(tags, answers, strict=True) if answer)
        return [_to_claim(tag, claim_id, *answer) for tag, answer in claimed if answer != "newer_version"]


def _to_claim(client_tag: str, claim_id: str, kind: str, pairs: Sequence[str], body: str | None) -> Claim:
    record = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return Claim(ClaimKind(kind), to_message(client_tag, record), body or "", "outcome_unknown" in record, claim_id)
