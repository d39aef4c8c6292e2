"""Mask secrets in the provider's messages. No other part of an answer is ever shown."""

import re
from collections.abc import Iterable

MASK = "***"

MAX_LENGTH = 200
"""The number of characters of a provider's message that are kept."""

MIN_SECRET_LENGTH = 4
"""Shorter secrets are not masked: they reveal nothing, and masking them would make the message unreadable."""

_NUMBER = re.compile(r"\+?\d(?:[-. ()]?\d){8,}")
"""Nine digits or more, with or without separators."""

_TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{32,}(?![A-Za-z0-9])")
"""The format of a token in the provider's specification. It may be the token of another account."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
"""Control characters (C0 and C1), line breaks, half surrogate pairs, and those that change the direction of a text.

They would let the provider change what a terminal or a log viewer shows.
"""


def mask(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask the secrets, and all that looks like a phone number or a token. Return one line of limited length."""
    ordered = sorted((secret for secret in secrets if len(secret) >= MIN_SECRET_LENGTH), key=len, reverse=True)
    # A short number, such as a sender code, may be a part of a phone number, whose rest would not look like one then.
    parts = [secret for secret in ordered if secret.isdigit()]
    for secret in ordered:
        if secret not in parts:
            text = text.replace(secret, MASK)
    text = _NUMBER.sub(MASK, _TOKEN.sub(MASK, _UNPRINTABLE.sub(" ", text)))
    for secret in parts:
        text = text.replace(secret, MASK)
    return text[:MAX_LENGTH]
