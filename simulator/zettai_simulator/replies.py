"""Replies: an HTTP answer, a cut connection, or no answer for a long time."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import formatdate

from zettai_simulator import codes
from zettai_simulator.answers import Answer, refusal
from zettai_simulator.faults import Fault, Kind

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to one call.

    Attributes:
        label: How counts name it: a response code, `http_503`, `cut`, `hang`.
        body: The answer's bytes; None sends nothing and cuts the connection.
        status: The HTTP status.
        headers: More headers.
        content_type: The type of the body.
        delay: Seconds that the client is kept waiting first.
        again_after: Seconds after which the whole answer is sent once more; None for never.
    """

    label: str
    body: bytes | None
    status: int = 200
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    again_after: float | None = None


def answered(answer: Answer) -> Reply:
    """Return the normal answer of the provider."""
    return Reply(str(answer["responseCode"]), json.dumps(answer, separators=(",", ":")).encode())


def too_many_calls(retry_after: int | None) -> Reply:
    """Return HTTP 429."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Reply("http_429", b"Too Many Requests", status=429, content_type="text/plain", headers=headers)


def failed(status: int, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an HTTP error, as a proxy in front of the API would."""
    body = f"<h1>{status}</h1>".encode()
    return Reply(f"http_{status}", body, status=status, content_type="text/html", headers=headers or {})


def faulty(fault: Fault, true: Reply, *, retry_after: int | None, hang: float) -> Reply:
    """Return the reply of a fault in place of the true one.

    Args:
        fault: The fault. It is not one that changes rows: those are in `rows`.
        true: The reply of the call; of a call without effect, that of a success.
        retry_after: Of the throttle.
        hang: Seconds without an answer.
    """
    replies: Mapping[Kind, Callable[[], Reply]] = {
        Kind.CUT_BEFORE: lambda: Reply("cut", None),
        Kind.CUT_AFTER: lambda: Reply("cut", None),
        Kind.HANG_AFTER: lambda: Reply("hang", None, delay=hang),
        Kind.UNAVAILABLE: lambda: failed(503),
        Kind.ERROR_AFTER: lambda: failed(500),
        Kind.HTTP: lambda: failed(fault.status, _headers(fault)),
        Kind.HTTP_AFTER: lambda: failed(fault.status, _headers(fault)),
        Kind.THROTTLED: lambda: too_many_calls(retry_after),
        Kind.QUOTA: lambda: _refused(codes.quota_used_up()),
        Kind.SYSTEM_ERROR: lambda: _refused(codes.system_error()),
        Kind.SYSTEM_ERROR_AFTER: lambda: _refused(codes.system_error()),
        Kind.CODE: lambda: _refused(codes.RefusedError(fault.code, fault.text)),
        Kind.CODE_AFTER: lambda: _refused(codes.RefusedError(fault.code, fault.text)),
        Kind.BROKEN_JSON: lambda: Reply("broken_json", (true.body or b"")[:-7]),
        Kind.HTML: lambda: Reply(
            "html", b"<html><body>Please try again later.</body></html>", content_type="text/html"
        ),
        Kind.HUGE: lambda: Reply("huge", b'{"responseCode":0,"status":[%s[]]}' % (b"[]," * fault.count)),
        Kind.LATE: lambda: replace(true, label="late", delay=fault.seconds),
        Kind.TWICE: lambda: replace(true, label="twice", again_after=fault.seconds),
        Kind.IGNORED: lambda: replace(true, label="ignored"),
    }
    return replies[fault.kind]()


def _refused(error: codes.RefusedError) -> Reply:
    return answered(refusal(error))


def _headers(fault: Fault) -> dict[str, str]:
    """Return a `Date` that may be wrong, and a `Retry-After` in seconds or relative to that date."""
    now = time.time() + fault.date_ahead
    headers = {"Date": formatdate(now, usegmt=True)}
    if fault.retry_after is not None:
        headers["Retry-After"] = str(fault.retry_after)
    elif fault.retry_date is not None:
        headers["Retry-After"] = formatdate(now + fault.retry_date, usegmt=True)
    return headers
