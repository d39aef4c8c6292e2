"""The URL of Redis: its schemes, and its login."""

from urllib.parse import quote, urlsplit

SCHEMES = ("redis", "rediss", "redis+socket", "sentinel")
"""The URL schemes that this library and Celery's Redis transport accept."""


def with_login(url: str, user: str | None = None, password: str | None = None) -> str:
    """Return a URL with a user and a password, for each server of a `sentinel://` URL. What is None stays as it is.

    Raises:
        ValueError: the URL has one already.
    """
    return ";".join(_part_with_login(part, user, password) for part in url.split(";"))


def _part_with_login(url: str, user: str | None, password: str | None) -> str:
    parts = urlsplit(url)
    login, _, host = parts.netloc.rpartition("@")
    old_user, _, old_password = login.partition(":")
    for name, old, new in (("user", old_user, user), ("password", old_password, password)):
        if old and new is not None:
            raise ValueError(f"has a {name} already")
    new_user = old_user if user is None else quote(user, safe="")
    new_password = old_password if password is None else quote(password, safe="")
    return parts._replace(netloc=f"{new_user}:{new_password}@{host}").geturl()


def without_secrets(url: str) -> str:
    """Return the URL of Redis without user, password and query."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
