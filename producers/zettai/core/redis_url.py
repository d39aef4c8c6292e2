"""The URL of Redis: which schemes are understood, and how a password is put into it."""

from urllib.parse import quote, urlsplit

SCHEMES = ("redis", "rediss", "redis+socket", "sentinel")
"""URL schemes understood here and by Celery's Redis transport alike."""


def with_password(url: str, password: str) -> str:
    """Put a password into a URL, at each server of a `sentinel://` one; a user's name in it stays.

    Raises:
        ValueError: there is a password in it already.
    """
    return ";".join(_part_with_password(part, quote(password, safe="")) for part in url.split(";"))


def _part_with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    if parts.password is not None:
        raise ValueError("has a password already")
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{password}@{host}").geturl()
