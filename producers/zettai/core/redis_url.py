"""The URL of Redis: its schemes, and its password."""

from urllib.parse import quote, urlsplit

SCHEMES = ("redis", "rediss", "redis+socket", "sentinel")
"""The URL schemes that this library and Celery's Redis transport accept."""


def with_password(url: str, password: str) -> str:
    """Return a URL with a password, for each server of a `sentinel://` URL. A user name stays.

    Raises:
        ValueError: the URL has a password already.
    """
    return ";".join(_part_with_password(part, quote(password, safe="")) for part in url.split(";"))


def _part_with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    if parts.password is not None:
        raise ValueError("has a password already")
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{password}@{host}").geturl()


def without_secrets(url: str) -> str:
    """Return the URL of Redis without user, password and query."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
