"""Claims: a worker's time-limited right to send a message."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from zettai.core.loggers import get_logger
from zettai.core.message import Message
from zettai.core.store.store import MessageStore
from zettai.core.times import from_milliseconds, milliseconds

logger = get_logger("zettai.store")


class ClaimKind(StrEnum):
    """What a claim gives the right to do."""

    SEND = "send"
    """Ask the provider to send the message at once."""
    RESERVE = "reserve"
    """Ask the provider to send the message at its `send_at`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to act on a message until the claim times out.

    Attributes:
        claim_id: identifies the claim.
        claimed_until: when it times out, by the clock of Redis.
    """

    kind: ClaimKind
    message: Message
    body: str = field(repr=False)
    claim_id: str
    claimed_until: datetime

    @property
    def outcome_unknown(self) -> bool:
        """Whether the provider may have taken the message at an earlier attempt."""
        return self.message.unknown_since is not None


class ClaimStore(MessageStore):
    """Claims messages."""

    def claim(
        self, client_tags: Sequence[str], claim_id: str, *, claim_timeout: timedelta, held_for: timedelta
    ) -> list[Claim]:
        """Claim messages, and return the claims. A message that is not to be sent now is left out.

        Args:
            client_tags: the messages to claim.
            claim_id: a new id. A repeated call with the same id returns the same claims.
            claim_timeout: after this time, the outcome of a message without an update counts as unknown.
            held_for: while sending is suspended, the time until a message is tried again.
        """
        # A tag that is given twice would be claimed twice, and then sent twice.
        tags = list(dict.fromkeys(client_tags))
        answers = self._run_for_each(
            "claim",
            tags,
            self._keys(tags),
            claim_id,
            milliseconds(claim_timeout),
            milliseconds(held_for),
            *self._reserve_between,
            self.sms_code or "",
            json.dumps(self.secrets.sealer.key_ids if self.secrets.sealer else []),
        )
        newer = answers.count("newer_version")
        if newer:
            logger.warning("record_of_newer_version", count=newer, action="update this worker; the messages wait")
        sealed = answers.count("other_key")
        if sealed:
            action = "give this worker the ZETTAI_ENCRYPTION_KEYS of the producers; the messages wait"
            logger.error("record_sealed_with_other_key", count=sealed, action=action)
        claimed = ((tag, answer) for tag, answer in zip(tags, answers, strict=True) if isinstance(answer, list))
        claims = (self._to_claim(tag, claim_id, *answer) for tag, answer in claimed)
        return [claim for claim in claims if claim is not None]

    def _to_claim(
        self, client_tag: str, claim_id: str, kind: str, pairs: Sequence[str], body: str | None
    ) -> Claim | None:
        record = dict(zip(pairs[::2], pairs[1::2], strict=True))
        message = self._read(client_tag, record)
        if message is None:
            return None
        text = self._read_body(body, record.get("sealed_by"), client_tag)
        if body is not None and text is None:
            return None
        return Claim(ClaimKind(kind), message, text or "", claim_id, from_milliseconds(record["claimed_until"]))
