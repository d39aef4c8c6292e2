"""The header `Idempotency-Key`: a repeated request sends nothing twice, and no response has to be stored.

A message without a client tag gets one that is derived from the name of the API key, the header, and the position of
the message in the request. So a repeated request has the same tags, and the store compares the contents.
The header follows draft-ietf-httpapi-idempotency-key-header: a string in quotes. Quotes are optional here.
"""

import re
from hashlib import blake2b

from zettai.gateway.problems import Problem, ProblemType

HEADER = "Idempotency-Key"

_KEY = re.compile(r"[!#-\[\]-~]{1,200}")
"""Printable ASCII without spaces, quotes and backslashes."""


def read_key(header: str | None) -> str | None:
    """Return the key in the header, or None if there is no header.

    Raises:
        Problem: the key is invalid.
    """
    if header is None:
        return None
    quoted = len(header) > 1 and header.startswith('"') and header.endswith('"')
    key = header[1:-1] if quoted else header
    if not _KEY.fullmatch(key):
        detail = f"{HEADER} must have 1 to 200 printable ASCII characters and no spaces, for example a UUID in quotes."
        raise Problem(ProblemType.MALFORMED_REQUEST, detail)
    return key


_MADE_TAG = re.compile(r"idem-[0-9a-f]{40}")


def is_made_tag(tag: str) -> bool:
    """Return whether a client tag has the form of those that are made of an idempotency key."""
    return _MADE_TAG.fullmatch(tag) is not None


def client_tag_of(caller: str, key: str, position: int) -> str:
    """Return the client tag of a message that has none.

    Args:
        caller: the name of the API key. Two callers may use the same idempotency key.
        key: the idempotency key of the request.
        position: the position of the message in the request, from 0.
    """
    identity = "\0".join((caller, key, str(position)))
    return f"idem-{blake2b(identity.encode(), digest_size=20).hexdigest()}"
