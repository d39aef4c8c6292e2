"""The gateway as an ASGI app: which path leads where, and what each request must bring."""

from collections.abc import Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from zettai.gateway.admission import Admission
from zettai.gateway.edge import Edge, seen
from zettai.gateway.openapi import build_document
from zettai.gateway.operations import OPERATIONS, Operation
from zettai.gateway.page import STYLE_HASH, build_page
from zettai.gateway.problems import Kind, Problem
from zettai.gateway.reports import Reports
from zettai.gateway.resources import Call, Resources

PAGE_HEADERS = {"Content-Security-Policy": f"default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'none'"}


def create_app(
    resources: Resources, admission: Admission, ping: Callable[[], object], reports: Reports | None = None
) -> ASGIApp:
    """Build the app.

    Args:
        resources: that do what is asked.
        admission: who may ask.
        ping: raises RedisError where Redis is away.
        reports: that takes delivery reports under its path; without it nobody does.
    """
    document = build_document()
    page = build_page(document)

    async def ready(_: Request) -> Response:
        await resources.run(ping)
        return PlainTextResponse("ready\n")

    open_to_all: dict[str, Callable[[Request], Any]] = {
        "/healthz": _answering(lambda: PlainTextResponse("alive\n")),
        "/readyz": ready,
        "/openapi.json": _answering(lambda: JSONResponse(document)),
        "/docs": _answering(lambda: HTMLResponse(page, headers=PAGE_HEADERS)),
    }
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    routes = [
        *(Route(path, Open(path, answer)) for path, answer in open_to_all.items()),
        *(
            Route(path.replace("{name}", "{name:path}"), Guarded(path, methods, resources, admission))
            for path, methods in by_path.items()
        ),
    ]
    router = Router(routes, redirect_slashes=False, default=_not_found)
    return Edge(router if reports is None else _with_reports(router, reports))


class Open:
    """A path that needs no API key."""

    def __init__(self, route: str, answer: Callable[[Request], Any]) -> None:
        self._route = route
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        seen(scope).route = self._route
        _check_method(scope, ("GET", "HEAD"))
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)


class Guarded:
    """A path whose operations need an API key."""

    def __init__(
        self, route: str, operations: Mapping[str, Operation], resources: Resources, admission: Admission
    ) -> None:
        self._route = route
        self._operations = operations
        self._resources = resources
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        noted, request = seen(scope), Request(scope, receive)
        noted.route = self._route
        _check_method(scope, self._operations)
        operation = self._operations[request.method]
        key = self._admission.key_of(request.headers)
        noted.key = key.name
        self._admission.check_scope(key, operation.scope)
        await self._resources.run(lambda: self._admission.check_rate(key))
        response = await operation.handler(self._resources, Call(request, key))
        await response(scope, receive, send)


def _check_method(scope: Scope, allowed: Mapping[str, object] | tuple[str, ...]) -> None:
    if scope["method"] not in allowed:
        methods = ", ".join(allowed)
        raise Problem(Kind.METHOD_NOT_ALLOWED, f"use {methods}", headers={"Allow": methods})


def _answering(answer: Callable[[], Response]) -> Callable[[Request], Any]:
    async def endpoint(_: Request) -> Response:
        return answer()

    return endpoint


def _with_reports(app: ASGIApp, reports: Reports) -> ASGIApp:
    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        if reports.is_path(scope["path"]):
            seen(scope).route = "reports"
            await reports(scope, receive, send)
        else:
            await app(scope, receive, send)

    return choose


async def _not_found(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise HTTPException(404)
