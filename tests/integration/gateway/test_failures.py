"""Rare failures: a body that does not arrive, and an internal error."""

import asyncio
import json
from datetime import timedelta

from prometheus_client import CollectorRegistry
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.testing import capture_logs

from zettai.asgi.request_body import read_body
from zettai.gateway.metrics import GatewayMetrics
from zettai.gateway.middleware import RequestMiddleware


def ask(app: ASGIApp) -> tuple[int, dict[str, object]]:
    """Send a request whose body never arrives. Return the status and the problem."""
    middleware = RequestMiddleware(app, GatewayMetrics(CollectorRegistry()))
    sent: list[Message] = []
    headers = [(b"content-length", b"10")]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": b""}

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    async def one() -> None:
        await middleware(scope, receive, send)

    asyncio.run(one())
    [start, *parts] = sent
    assert (b"connection", b"close") in start["headers"]
    return start["status"], json.loads(b"".join(part["body"] for part in parts))


def test_body_that_does_not_arrive_is_answered_with_408() -> None:
    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await read_body(Request(scope, receive), max_size=100, timeout=timedelta(milliseconds=10))

    status, problem = ask(slow)

    assert (status, problem["type"]) == (408, "urn:zettai:problem:body-too-slow")


def test_internal_error_quotes_nothing_of_the_request() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("09012345678")

    with capture_logs() as logs:
        status, problem = ask(broken)

    assert (status, problem["type"]) == (500, "urn:zettai:problem:internal-error")
    assert "09012345678" not in f"{problem}{logs}"
    [failed, request] = logs
    assert (failed["event"], failed["error"], failed["log_level"]) == ("request_failed", "KeyError", "error")
    assert failed["at"].startswith("test_failures.py:")
    assert problem["instance"] == f"urn:uuid:{failed['request_id']}"
    assert request["status"] == 500
