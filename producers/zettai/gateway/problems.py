"""Error responses: `application/problem+json` (RFC 9457). The `type` of a problem never changes."""

from collections.abc import Mapping, Sequence
from enum import Enum
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from zettai.core.errors import InvalidMessage
from zettai.gateway.metrics import count_invalid_value

MEDIA_TYPE = "application/problem+json"


class ProblemType(Enum):
    """The problems: the last part of the `type`, the HTTP status, and the title."""

    MALFORMED_REQUEST = ("malformed-request", 400, "The request is malformed.")
    NO_KEY = ("no-api-key", 401, "Missing or invalid API key.")
    SCOPE_MISSING = ("scope-missing", 403, "The API key does not have the required scope.")
    ADDRESS_NOT_ALLOWED = ("address-not-allowed", 403, "The API key may not be used from this address.")
    NOT_ALLOWED = ("number-not-allowed", 403, "This installation must not send to this number.")
    NOT_FOUND = ("not-found", 404, "Not found.")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "This path does not support the method.")
    BODY_TOO_SLOW = ("body-too-slow", 408, "The request body took too long to arrive.")
    TAG_CONFLICT = ("tag-conflict", 409, "Another message already has this client tag.")
    TOO_LATE = ("too-late", 409, "The message can no longer be canceled or replaced.")
    URGENT_CAMPAIGN = ("urgent-campaign", 409, "The group has urgent messages, which cannot be controlled.")
    REPLACEMENT_PENDING = ("replacement-pending", 409, "The message is not recorded yet.")
    BODY_TOO_LARGE = ("body-too-large", 413, "The request body is too large.")
    MEDIA_TYPE = ("media-type", 415, "The request body must be JSON.")
    INVALID = ("invalid-request", 422, "The request has missing or invalid values.")
    KEY_REUSED = ("idempotency-key-reused", 422, "The Idempotency-Key was already used for another message.")
    RATE_LIMITED = ("rate-limited", 429, "Too many requests with this API key.")
    MESSAGE_RATE = ("message-rate-exceeded", 429, "Too many messages to this number, or from this producer.")
    BUDGET_EXCEEDED = ("budget-exceeded", 429, "A budget of billed parts is used up.")
    INTERNAL = ("internal-error", 500, "The gateway failed.")
    NO_DURABILITY = ("durability-unavailable", 501, "Redis cannot confirm that a message is on disk.")
    NO_SUPPRESSIONS = ("suppression-list-unavailable", 501, "The suppression list cannot be used.")
    NO_INDEX = ("number-index-unavailable", 501, "Messages cannot be found by number.")
    NO_ENCRYPTION_KEY = ("encryption-key-missing", 501, "The message is sealed with a key that is not here.")
    UNAVAILABLE = ("ledger-unavailable", 503, "Redis does not answer.")
    STORE_FULL = ("store-full", 503, "Redis is nearly full.")
    NOT_DURABLE = ("not-durable", 503, "It is recorded, but not confirmed to be on disk.")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.urn = f"urn:zettai:problem:{slug}"
        self.status = status
        self.title = title


_BY_STATUS = {
    400: ProblemType.MALFORMED_REQUEST,
    404: ProblemType.NOT_FOUND,
    405: ProblemType.METHOD_NOT_ALLOWED,
    408: ProblemType.BODY_TOO_SLOW,
    413: ProblemType.BODY_TOO_LARGE,
    503: ProblemType.UNAVAILABLE,
}


class Problem(Exception):  # noqa: N818 - the name in RFC 9457
    """An error response.

    Attributes:
        type: the type of the problem.
        headers: additional headers of the response.
    """

    def __init__(
        self,
        problem_type: ProblemType,
        detail: str | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        """Create a problem.

        Args:
            problem_type: the type of the problem.
            detail: what is wrong with this request and what to do. It must have no personal data.
            headers: additional headers of the response.
            members: additional members of the document.
        """
        super().__init__(problem_type, detail)
        self.type = problem_type
        self.headers = headers
        self._members = {"detail": detail, **members}

    def naming(self, client_tags: Sequence[str]) -> "Problem":
        """Return this problem with the tags of the request, unless it names one already or has invalid values.

        Whoever gets a problem without an answer can repeat the request with these tags, and each message is sent once.
        """
        if not client_tags or self.type.status < HTTPStatus.INTERNAL_SERVER_ERROR or "client_tag" in self._members:
            return self
        if len(client_tags) == 1:
            self._members["client_tag"] = client_tags[0]
        else:
            self._members["client_tags"] = list(client_tags)
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the problem document."""
        given = {name: value for name, value in self._members.items() if value is not None}
        return {"type": self.type.urn, "title": self.type.title, "status": self.type.status, **given}

    def to_response(self, instance: str) -> JSONResponse:
        """Return the response.

        Args:
            instance: the URI of this occurrence. The log has it too.
        """
        document = {**self.to_dict(), "instance": instance}
        return JSONResponse(document, self.type.status, headers=self.headers, media_type=MEDIA_TYPE)


def invalid_values(*found: tuple[str, InvalidMessage], detail: str | None = None, **members: Any) -> Problem:
    """Return the problem that lists invalid values, each with the JSON pointer to it."""
    for _, error in found:
        count_invalid_value(error)
    errors = [
        {"pointer": pointer, "detail": error.reason, "code": error.code, "message_ja": error.message_ja}
        for pointer, error in found
    ]
    first = f"{errors[0]['pointer']}: {errors[0]['detail']}"
    return Problem(ProblemType.INVALID, detail or first, errors=errors, **members)


def problem_of_status(error: HTTPException) -> Problem:
    """Return the problem for an HTTP error of the framework, which has the phrase of its status if it has no detail."""
    status = HTTPStatus(error.status_code)
    detail = status.description if error.detail == status.phrase else error.detail
    return Problem(_BY_STATUS.get(status, ProblemType.INTERNAL), detail or None, headers=error.headers)
