"""Mask secrets in the provider's messages. No other part of an answer is ever shown."""

import re
from collections.abc import Iterable
from itertools import chain, groupby

MASK = "***"

MAX_LENGTH = 200
"""The number of characters of a provider's message that are kept."""

MIN_SECRET_LENGTH = 4
"""Shorter secrets are not masked: they reveal nothing, and masking them would make the message unreadable."""

PART_LENGTH = 8
"""A part of a secret that is as long as this is masked too: the provider may quote some words of a text."""

_CODE = re.compile(r"\d{4,}")
"""A number in a text, such as a one-time password. It is masked alone too."""

_NUMBER = re.compile(r"\+?\d(?:[-. ()]?\d){8,}")
"""Nine digits or more, with or without separators."""

_TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{32,}(?![A-Za-z0-9])")
"""The format of a token in the provider's specification. It may be the token of another account."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
"""Control characters (C0 and C1), line breaks, half surrogate pairs, and those that change the direction of a text.

They would let the provider change what a terminal or a log viewer shows.
"""


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the secrets, their longer parts, and all that looks like a phone number or a token.

    Returns:
        One line of limited length.
    """
    line = _printable(text)
    hidden = {place for match in chain(_NUMBER.finditer(line), _TOKEN.finditer(line)) for place in range(*match.span())}
    parts = _parts(map(_printable, secrets))
    for length in {len(part) for part in parts}:
        for start in range(len(line) - length + 1):
            if line[start : start + length] in parts:
                hidden.update(range(start, start + length))
    # Parts may overlap, so the places to hide are known only now. Each run of them becomes one mask.
    runs = groupby(range(len(line)), hidden.__contains__)
    shown = (MASK if is_hidden else "".join(line[place] for place in run) for is_hidden, run in runs)
    return "".join(shown)[:MAX_LENGTH]


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text)


def _parts(secrets: Iterable[str]) -> set[str]:
    """Return what must not be shown: each short secret, each part of a longer one, and each number in one."""
    parts: set[str] = set()
    for secret in secrets:
        parts.update(_CODE.findall(secret))
        if len(secret) >= MIN_SECRET_LENGTH:
            parts.update(secret[start : start + PART_LENGTH] for start in range(max(1, len(secret) - PART_LENGTH + 1)))
    return parts
