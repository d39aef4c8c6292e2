"""Recognizes that the provider refuses the token, the client id or our address. Only a real call can test them."""

import re

_REFUSED = re.compile(r"\b(token|clientId)\b|\bHTTP 40[13]\b", re.IGNORECASE)

CHECK_LOGIN = "check the token with zettai doctor --call"


def is_login_refused(reason: str) -> bool:
    """Return whether a reason says so: of a suspension, or of a message that waits."""
    return _REFUSED.search(reason) is not None
