"""What the outcome of a request means: a pure function. No text has a URL, a payload or a secret."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a request.

    Attributes:
        problem: why the event counts as not delivered; None if it is delivered.
        retry_after: how long the receiver asks to wait.
        gone: the receiver says that it wants no events any more.
    """

    problem: str | None = None
    retry_after: timedelta | None = None
    gone: bool = False

    @property
    def delivered(self) -> bool:
        """Whether the receiver has the event."""
        return self.problem is None


def outcome_of(status: int, retry_after: str | None, now: datetime) -> Outcome:
    """Return what an answer means: 2xx is delivered, everything else is not. A redirect is not followed.

    Args:
        status: the HTTP status.
        retry_after: the header, as seconds or as a date.
        now: the time to which a date is compared.
    """
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Outcome()
    return Outcome(
        problem=f"http_{status}",
        retry_after=None if retry_after is None else wait_of(retry_after, now),
        gone=status == HTTPStatus.GONE,
    )


def wait_of(retry_after: str, now: datetime) -> timedelta | None:
    """Return the wait that a `Retry-After` header asks for; None if it is invalid or over."""
    text = retry_after.strip()
    try:
        if text.isascii() and text.isdigit():
            wait = timedelta(seconds=int(text))
        else:
            at = parsedate_to_datetime(text)
            wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return wait if wait > timedelta() else None
