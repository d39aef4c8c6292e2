"""The header `Idempotency-Key`: a repeated request can never send twice, and no answer has to be kept for it.

Where a message brings no client tag, its tag is made from the API key's name, the header and the message's place in
the request. So a repeat names the messages that exist, and the store tells whether they have the same content.
The header is that of the IETF's draft (draft-ietf-httpapi-idempotency-key-header): a string in quotes; without the
quotes it means the same.
"""

import re
from hashlib import blake2b

from zettai.gateway.problems import Kind, Problem

HEADER = "Idempotency-Key"

_KEY = re.compile(r"[!#-\[\]-~]{1,200}")
"""Printable ASCII without blanks, quotes and backslashes."""


def read_key(header: str | None) -> str | None:
    """Read the header; None where there is none.

    Raises:
        Problem: it is there, and no key.
    """
    if header is None:
        return None
    quoted = len(header) > 1 and header.startswith('"') and header.endswith('"')
    key = header[1:-1] if quoted else header
    if not _KEY.fullmatch(key):
        detail = f"{HEADER} must be 1 to 200 printable ASCII characters without blanks, as a UUID in quotes"
        raise Problem(Kind.MALFORMED_REQUEST, detail)
    return key


def tag_of(caller: str, key: str, position: int) -> str:
    """The client tag of a message that brings none.

    Args:
        caller: the name of the API key: two callers never share an idempotency key.
        key: of the request.
        position: of the message in it, from 0.
    """
    whose = "\0".join((caller, key, str(position)))
    return f"idem-{blake2b(whose.encode(), digest_size=20).hexdigest()}"
