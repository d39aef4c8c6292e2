"""Errors as clients get them: `application/problem+json` (RFC 9457), with a `type` that stays the same for ever."""

from collections.abc import Mapping
from enum import Enum
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class Kind(Enum):
    """Every kind of problem: the end of its `type`, its HTTP status, and its title."""

    MALFORMED_REQUEST = ("malformed-request", 400, "The request cannot be read.")
    NO_KEY = ("no-api-key", 401, "An API key is needed, and this is none.")
    SCOPE_MISSING = ("scope-missing", 403, "This API key is not for that.")
    NOT_FOUND = ("not-found", 404, "There is nothing of that name.")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "Nothing can be done here with this method.")
    BODY_TOO_SLOW = ("body-too-slow", 408, "The body took too long to arrive.")
    TAG_CONFLICT = ("tag-conflict", 409, "The client tag stands for another message.")
    TOO_LATE = ("too-late", 409, "It is too late to cancel the message.")
    BODY_TOO_LARGE = ("body-too-large", 413, "The body is too large.")
    MEDIA_TYPE = ("media-type", 415, "The body must be JSON.")
    INVALID = ("invalid-request", 422, "The request is well formed, but says what may not be.")
    KEY_REUSED = ("idempotency-key-reused", 422, "The Idempotency-Key stands for another message.")
    RATE_LIMITED = ("rate-limited", 429, "This API key makes too many requests.")
    INTERNAL = ("internal-error", 500, "The gateway has failed.")
    NO_DURABILITY = ("durability-unavailable", 501, "Redis cannot tell what is on its disk.")
    UNAVAILABLE = ("store-unavailable", 503, "Redis does not answer.")
    NOT_DURABLE = ("not-durable", 503, "The message is recorded, but not known to be on disk.")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.urn = f"urn:zettai:problem:{slug}"
        self.status = status
        self.title = title


_BY_STATUS = {
    400: Kind.MALFORMED_REQUEST,
    404: Kind.NOT_FOUND,
    405: Kind.METHOD_NOT_ALLOWED,
    408: Kind.BODY_TOO_SLOW,
    413: Kind.BODY_TOO_LARGE,
    503: Kind.UNAVAILABLE,
}


class Problem(Exception):  # noqa: N818 - the name that the RFC gives it
    """A request is answered with a problem.

    Attributes:
        kind: which one.
        headers: of the answer.
    """

    def __init__(
        self, kind: Kind, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        """Say what is wrong.

        Args:
            kind: which problem it is.
            detail: about this very case, and what to do; never anything personal.
            headers: of the answer.
            more: further members of the document.
        """
        super().__init__(kind, detail)
        self.kind = kind
        self.headers = headers
        self._members = {"detail": detail, **more}

    def to_dict(self) -> dict[str, Any]:
        """The document."""
        given = {name: value for name, value in self._members.items() if value is not None}
        return {"type": self.kind.urn, "title": self.kind.title, "status": self.kind.status, **given}

    def to_response(self, instance: str) -> JSONResponse:
        """The answer.

        Args:
            instance: the name of this very case, which the log has too.
        """
        document = {**self.to_dict(), "instance": instance}
        return JSONResponse(document, self.kind.status, headers=self.headers, media_type=MEDIA_TYPE)


def of_status(status: int, headers: Mapping[str, str] | None) -> Problem:
    """What the framework refuses, as a problem."""
    return Problem(_BY_STATUS.get(status, Kind.INTERNAL), HTTPStatus(status).description or None, headers=headers)
