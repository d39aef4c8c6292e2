"""An operation of the API. The routes and the OpenAPI document are built from it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel
from starlette.responses import Response

from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.problems import ProblemType

Handler = Callable[[ApiCall], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the API.

    Attributes:
        id: the `operationId`. Generated clients have a method of this name.
        method: the HTTP method.
        path: the path. `{name}` is a tag or a group, which may contain slashes.
        scope: the scope that the API key must have.
        handler: the function that runs it.
        summary: a few words.
        description: some sentences.
        answers: the responses by status: the model of the body, or its content type, and a description.
        problems: the problems it may respond with, in addition to those of every operation.
        body: the possible models of the JSON body.
        parameters: the model of the query parameters.
        named: the name and description of the path parameter.
        headers: the names and descriptions of the request headers.
    """

    id: str
    method: str
    path: str
    scope: Scope
    handler: Handler
    summary: str
    description: str
    answers: Mapping[int, tuple[type[BaseModel] | str, str]]
    problems: Sequence[ProblemType] = ()
    body: Sequence[type[BaseModel]] = ()
    parameters: type[BaseModel] | None = None
    named: tuple[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


ALWAYS = (
    ProblemType.NO_KEY,
    ProblemType.SCOPE_MISSING,
    ProblemType.ADDRESS_NOT_ALLOWED,
    ProblemType.RATE_LIMITED,
    ProblemType.INTERNAL,
    ProblemType.UNAVAILABLE,
)
"""The problems of every operation."""

WITH_BODY = (
    ProblemType.MALFORMED_REQUEST,
    ProblemType.BODY_TOO_SLOW,
    ProblemType.BODY_TOO_LARGE,
    ProblemType.MEDIA_TYPE,
    ProblemType.INVALID,
)
"""The problems of operations with a body."""

TAG = ("client_tag", "The client tag of the message, percent-encoded.")

GROUP = ("group", "The group, percent-encoded.")

REPEAT = "Repeat the request to get the outcome."

PENDING = "A cancellation is pending until the provider's answer is known. " + REPEAT

UNKNOWN_TAG = "No message has this client tag."
