"""What the gateway does with every request: it assigns an id, sets headers, turns errors into problems, logs, counts.

The log and the metrics have the route, never the path: a path may hold a secret or personal data.
"""

import traceback
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from zettai.gateway.metrics import GatewayMetrics
from zettai.gateway.problems import Problem, ProblemType, problem_of_status

logger = structlog.get_logger("zettai.gateway")

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Security headers of every response. The proxy with the certificate sets Strict-Transport-Security."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})

PROBE_ROUTES = frozenset({"/healthz", "/readyz"})
"""Requested every few seconds by load balancers, so not logged."""

REQUEST_INFO = "zettai.request_info"
"""The key of the `RequestInfo` in the ASGI scope."""


@dataclass
class RequestInfo:
    """What is logged about a request.

    Attributes:
        route: the route that matches the path, or None.
        key: the name of the API key, or None before authentication.
        client: the address of the client: behind a trusted proxy, the one that the proxy names.
        status: the status of the response, or None before the response starts.
        body_is_unread: whether the request has a body that was not read to the end.
        client_tags: of the messages that the request records or cancels. A problem names them; the log does not.
    """

    route: str | None = None
    key: str | None = None
    client: str | None = None
    status: int | None = None
    body_is_unread: bool = False
    client_tags: list[str] = field(default_factory=list)


def request_info(scope: Scope) -> RequestInfo:
    """Return the info of the request with this scope."""
    info: RequestInfo = scope[REQUEST_INFO]
    return info


class RequestMiddleware:
    """An ASGI middleware around the whole gateway."""

    def __init__(self, app: ASGIApp, metrics: GatewayMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        started, request_id = perf_counter(), str(uuid7())
        host, _ = scope.get("client") or (None, None)
        info = scope[REQUEST_INFO] = RequestInfo(client=host, body_is_unread=_has_body(Headers(scope=scope)))

        async def receive_message() -> Message:
            message = await receive()
            info.body_is_unread = info.body_is_unread and message.get("more_body", False)
            return message

        async def send_message(message: Message) -> None:
            if message["type"] == "http.response.start":
                info.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                if info.body_is_unread:
                    headers["Connection"] = "close"  # instead of reading the rest of the body
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            _check_framing(Headers(scope=scope))
            await self._app(scope, receive_message, send_message)
        except Exception as error:  # noqa: BLE001 - a server must answer whatever fails
            problem = _problem_of(error, request_id).naming(info.client_tags)
            if info.status is None:
                await problem.to_response(f"urn:uuid:{request_id}")(scope, receive_message, send_message)
        self._record(scope["method"], info, request_id, perf_counter() - started)

    def _record(self, method: str, info: RequestInfo, request_id: str, seconds: float) -> None:
        labels: dict[str, Any] = {
            "route": info.route or "other",
            "method": method if method in METHODS else "other",
            "status": info.status or 0,
        }
        self._metrics.requests.labels(**labels).observe(seconds)
        if info.route not in PROBE_ROUTES:
            logger.info(
                "request",
                **labels,
                key=info.key,
                client=info.client,
                ms=round(seconds * 1000, 1),
                request_id=request_id,
            )


def _has_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _check_framing(headers: Headers) -> None:
    """Refuse a request that says the size of its body in two ways. A proxy might take the other one.

    Raises:
        Problem: it does.
    """
    if "content-length" in headers and "transfer-encoding" in headers:
        detail = "Send either Content-Length or Transfer-Encoding, not both."
        raise Problem(ProblemType.MALFORMED_REQUEST, detail)


def _problem_of(error: Exception, request_id: str) -> Problem:
    match error:
        case Problem():
            return error
        case HTTPException():
            return problem_of_status(error)
    # The text of the error is not logged: it may quote the request.
    logger.error("request_failed", request_id=request_id, error=type(error).__name__, at=_location(error))
    return Problem(ProblemType.INTERNAL, "Please report the log line with the id in `instance`.")


def _location(error: Exception) -> str | None:
    """Return the file and line that raised the error."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else None
