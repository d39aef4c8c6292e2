"""Replies: an HTTP answer, a cut connection, or no answer for a long time."""

import json
from dataclasses import dataclass

from zettai_simulator import codes
from zettai_simulator.answers import Answer, refusal
from zettai_simulator.faults import Kind

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to one call.

    Attributes:
        label: How counts name it: a response code, `http_503`, `cut`, `hang`.
        body: The answer's bytes; None sends nothing and cuts the connection.
        status: The HTTP status.
        content_type: The type of the body.
        hangs: Whether the client is kept waiting first.
        retry_after: The value of a `Retry-After` header in seconds.
    """

    label: str
    body: bytes | None
    status: int = 200
    content_type: str = JSON_TYPE
    hangs: bool = False
    retry_after: int | None = None


def answered(answer: Answer) -> Reply:
    """Return the normal answer of the provider."""
    return Reply(str(answer["responseCode"]), json.dumps(answer, separators=(",", ":")).encode())


def too_many_calls(retry_after: int | None) -> Reply:
    """Return HTTP 429."""
    return Reply("http_429", b"Too Many Requests", status=429, content_type="text/plain", retry_after=retry_after)


def failed(status: int) -> Reply:
    """Return an HTTP error, as a proxy in front of the API would."""
    return Reply(f"http_{status}", f"<h1>{status}</h1>".encode(), status=status, content_type="text/html")


def instead(kind: Kind, retry_after: int | None = None) -> Reply:
    """Return the reply of a fault that prevents the call."""
    match kind:
        case Kind.CUT_BEFORE:
            return Reply("cut", None)
        case Kind.UNAVAILABLE:
            return failed(503)
        case Kind.THROTTLED:
            return too_many_calls(retry_after)
        case Kind.QUOTA:
            return answered(refusal(codes.quota_used_up()))
        case _:
            return answered(refusal(codes.system_error()))


def spoiled(kind: Kind, reply: Reply) -> Reply:
    """Return the reply of a fault after the call was carried out."""
    match kind:
        case Kind.CUT_AFTER:
            return Reply("cut", None)
        case Kind.HANG_AFTER:
            return Reply("hang", None, hangs=True)
        case Kind.ERROR_AFTER:
            return failed(500)
        case Kind.BROKEN_JSON:
            return Reply("broken_json", (reply.body or b"")[:-7])
        case Kind.HTML:
            return Reply("html", b"<html><body>Please try again later.</body></html>", content_type="text/html")
        case _:
            return answered(refusal(codes.system_error()))
