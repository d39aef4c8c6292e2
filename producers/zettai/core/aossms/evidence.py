"""What the provider's rows prove about a message: one rule for look-ups, checks, cancels, comparisons and reports.

A row counts only with the message's own tag and number. The provider may answer with rows of other tags, and with
several rows of one tag. The text proves nothing: the provider shows it as the recipient got it (its specification).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from zettai.core.aossms.codes import StatusId
from zettai.core.message import Message
from zettai.core.phone_numbers import PHONE_NUMBER

_RANKS = {StatusId.DELIVERED: 3, StatusId.FAILED: 2, StatusId.SENDING: 1}
"""Which of several statuses of one message counts: the highest. An unknown status has rank 0."""

_SEPARATORS = re.compile(r"[+\s()‐-]")
"""What may stand in a number beside its digits. In a form, a plus that is not escaped becomes a space."""


class Row(Protocol):
    """A row of the provider: a status, or a reservation."""

    @property
    def client_tag(self) -> str:
        """The tag."""

    @property
    def phone_number(self) -> str:
        """The recipient, in any form."""

    @property
    def message(self) -> str | None:
        """The text; None if the row has none."""


AnyRow = TypeVar("AnyRow", bound=Row)


@dataclass(frozen=True, slots=True)
class Evidence(Generic[AnyRow]):
    """What rows prove about a message.

    Attributes:
        row: the row of the message; None if there is none.
        is_absent: no row has the message's tag. If there is one and its number is masked, the rows prove nothing.
        other_number: a row has the message's tag and another number, and no row has its own number.
        text_differs: the row has another text than the message.
    """

    row: AnyRow | None
    is_absent: bool = False
    other_number: bool = False
    text_differs: bool = False


def find_evidence(rows: Iterable[AnyRow], message: Message, body: str | None = None) -> Evidence[AnyRow]:
    """Return what rows prove about a message.

    Args:
        rows: those of the provider, for any tags.
        message: the message.
        body: its text, if it is still kept.
    """
    if not message.to:
        return Evidence(None)  # it was erased, or is sealed with a key that is not here
    of_tag = [row for row in rows if row.client_tag == message.client_tag]
    own = [row for row in of_tag if is_same_number(row.phone_number, message.to)]
    if not own:
        other_number = any(PHONE_NUMBER.fullmatch(f"0{_national_number(row.phone_number)}") for row in of_tag)
        return Evidence(None, is_absent=not of_tag, other_number=other_number)
    best = max(own, key=lambda row: _RANKS.get(getattr(row, "status", StatusId.UNKNOWN), 0))
    return Evidence(best, text_differs=body is not None and best.message not in {None, body})


def is_conflict(evidence: Evidence[AnyRow], message: Message) -> bool:
    """Return whether the provider has a message of another sender under our tag.

    That is so if its number differs, or if its text differs and no earlier attempt of ours is on record.
    """
    attempted = message.attempts > 1 or (message.unknown_since is not None and not message.tag_used)
    return evidence.other_number or (evidence.text_differs and not attempted)


def is_same_number(one: str, other: str) -> bool:
    """Return whether two numbers are the same one, as +81…, 0… or without both, with any blanks and hyphens."""
    return _national_number(one) == _national_number(other)


def _national_number(number: str) -> str:
    """Return a number without its country code or leading zero. No Japanese number begins with 81 or 0 after that."""
    return _SEPARATORS.sub("", number).removeprefix("81").removeprefix("0")
