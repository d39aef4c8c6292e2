"""Making the provider's own words safe to show. Nothing else of an answer is ever shown, so nothing else lives here."""

import re
from collections.abc import Iterable

MASK = "***"

LONGEST = 200
"""Characters kept of the provider's words."""

SHORTEST_SECRET = 4
"""Characters of the shortest text that tells anything; masking shorter ones would only spoil the words."""

_NUMBER = re.compile(r"\+?\d(?:[-. ()]?\d){8,}")
"""Nine digits or more, however they are grouped."""

_TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{32,}(?![A-Za-z0-9])")
"""The form that the provider's specification gives a token, whoever it belongs to."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]+")


def redact(words: str, secrets: Iterable[str] = ()) -> str:
    """Mask the secrets, and whatever looks like a number or a token; keep it on one short line."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            words = words.replace(secret, MASK)
    words = _UNPRINTABLE.sub(" ", words)
    words = _TOKEN.sub(MASK, words)
    return _NUMBER.sub(MASK, words)[:LONGEST]
