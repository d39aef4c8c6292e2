"""Protection against forged requests: each change needs a secret of the session, and comes from our own pages."""

import secrets
from collections.abc import Mapping, MutableMapping
from hmac import compare_digest
from typing import Any

from starlette.requests import Request

FIELD = "csrf"
"""The field of the session and of each form that has the secret."""

HEADER = "X-CSRF-Token"
"""The header in which htmx sends the secret."""


def token_of(session: MutableMapping[str, Any]) -> str:
    """Return the secret of a session. It is made at the first page."""
    token = session.get(FIELD)
    if not isinstance(token, str):
        token = session[FIELD] = secrets.token_urlsafe(24)
    return token


def is_genuine(request: Request, form: Mapping[str, Any]) -> bool:
    """Return whether a request that changes something comes from a page of this session."""
    expected, given = request.session.get(FIELD), request.headers.get(HEADER) or form.get(FIELD)
    if not isinstance(expected, str) or not isinstance(given, str):
        return False
    # Older browsers do not send the header.
    is_from_here = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return is_from_here and compare_digest(expected.encode(), given.encode())
