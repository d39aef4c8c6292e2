"""The gateway's edge: what is true of every request, whatever it asks for.

It is named, timed, counted and logged; its answer has the headers that keep browsers from harm, and whatever fails
becomes a problem.

A log line has the route's template, never the path: that may hold what is not ours to write down.
"""

import traceback
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from zettai.gateway import metrics
from zettai.gateway.problems import Kind, Problem, of_status

logger = structlog.get_logger("zettai.gateway")

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every answer that has none of its own. That of HTTPS is the proxy's, which has the certificate."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})

PROBES = frozenset({"/healthz", "/readyz"})
"""Routes that are asked every few seconds, and so not logged."""

SEEN = "zettai.seen"
"""Where a request's scope has what was seen of it."""


@dataclass
class Seen:
    """What the log may know of a request.

    Attributes:
        route: the template that its path fits; None where it fits none.
        key: the name of its API key, once that is known.
        status: of its answer, once that is begun.
        body_waits: whether it has a body that was not read to its end.
    """

    route: str | None = None
    key: str | None = None
    status: int | None = None
    body_waits: bool = False


def seen(scope: Scope) -> Seen:
    """What was seen of a request so far."""
    noted: Seen = scope[SEEN]
    return noted


class Edge:
    """An ASGI app around another one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        started, name = perf_counter(), str(uuid7())
        noted = scope[SEEN] = Seen(body_waits=_has_body(Headers(scope=scope)))

        async def receive_from() -> Message:
            message = await receive()
            noted.body_waits = noted.body_waits and message.get("more_body", False)
            return message

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                noted.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = name
                if noted.body_waits:
                    headers["Connection"] = "close"  # rather than to read what nobody wants
                for header, value in HEADERS.items():
                    headers.setdefault(header, value)
            await send(message)

        try:
            await self._app(scope, receive_from, send_on)
        except Exception as error:  # noqa: BLE001 - the last resort of a server
            problem = _problem(error, name)
            if noted.status is None:
                await problem.to_response(f"urn:uuid:{name}")(scope, receive_from, send_on)
        _note(scope["method"], noted, name, perf_counter() - started)


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _problem(error: Exception, name: str) -> Problem:
    match error:
        case Problem():
            return error
        case HTTPException():
            return of_status(error.status_code, error.headers)
    # Its text may quote what a client sent.
    logger.error("request_failed", request_id=name, error=type(error).__name__, at=_place(error))
    return Problem(Kind.INTERNAL, "look for the instance in the gateway's log")


def _place(error: Exception) -> str | None:
    """Where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None


def _note(method: str, noted: Seen, name: str, seconds: float) -> None:
    known: dict[str, Any] = {
        "route": noted.route or "other",
        "method": method if method in METHODS else "other",
        "status": noted.status or 0,
    }
    metrics.REQUESTS.labels(**known).observe(seconds)
    if noted.route not in PROBES:
        logger.info("request", **known, key=noted.key, ms=round(seconds * 1000, 1), request_id=name)
