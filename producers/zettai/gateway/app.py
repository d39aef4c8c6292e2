"""The gateway as an ASGI app: its routes, and the authentication of each API request."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from zettai.gateway.api import Api, ApiRequest
from zettai.gateway.metrics import GatewayMetrics
from zettai.gateway.middleware import RequestMiddleware, request_info
from zettai.gateway.openapi import build_document
from zettai.gateway.operations import OPERATIONS, Operation
from zettai.gateway.page import STYLE_HASH, build_page
from zettai.gateway.problems import Problem, ProblemType
from zettai.gateway.report_endpoint import DeliveryReportApp

PAGE_HEADERS = {"Content-Security-Policy": f"default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'none'"}

PublicHandler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Probes:
    """The paths for load balancers and supervisors.

    Attributes:
        ping: raises a problem if Redis does not answer.
    """

    ping: Callable[[], Awaitable[object]]

    @property
    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            _public_route("/healthz", _returns(lambda: PlainTextResponse("alive\n"))),
            _public_route("/readyz", self._ready),
        ]

    async def _ready(self, _: Request) -> Response:
        await self.ping()
        return PlainTextResponse("ready\n")


def create_probe_app(probes: Probes, metrics: GatewayMetrics) -> ASGIApp:
    """Build an app that has the probes only."""
    return RequestMiddleware(Router(probes.routes, redirect_slashes=False, default=_not_found), metrics)


def create_app(
    api: Api | None,
    reports: DeliveryReportApp | None,
    probes: Probes,
    metrics: GatewayMetrics,
    console: Sequence[BaseRoute] = (),
) -> ASGIApp:
    """Build the app.

    Args:
        api: the HTTP API and its description; without it, the app has neither.
        reports: the delivery report endpoint, if the gateway receives reports.
        probes: the paths for load balancers and supervisors.
        metrics: the metrics of the process.
        console: the routes of the web console, if the process serves it.
    """
    routes = [*probes.routes, *(_api_routes(api) if api is not None else ()), *console]
    router = Router(routes, redirect_slashes=False, default=_not_found)
    return RequestMiddleware(router if reports is None else _with_reports(router, reports), metrics)


def _api_routes(api: Api) -> list[Route]:
    document = build_document()
    page = build_page(document)
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [
        _public_route("/openapi.json", _returns(lambda: JSONResponse(document))),
        _public_route("/docs", _returns(lambda: HTMLResponse(page, headers=PAGE_HEADERS))),
        *(
            Route(path.replace("{name}", "{name:path}"), ApiEndpoint(path, operations, api))
            for path, operations in by_path.items()
        ),
    ]


class PublicEndpoint:
    """A path that needs no API key."""

    def __init__(self, route: str, handler: PublicHandler) -> None:
        self._route = route
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        request_info(scope).route = self._route
        _check_method(scope, ("GET", "HEAD"))
        response = await self._handler(Request(scope, receive))
        await response(scope, receive, send)


class ApiEndpoint:
    """A path of the API. Each of its operations needs an API key."""

    def __init__(self, route: str, operations: Mapping[str, Operation], api: Api) -> None:
        self._route = route
        self._operations = operations
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request: authenticate it, check the scope and the rate limit, and run the operation."""
        info, request = request_info(scope), Request(scope, receive)
        info.route = self._route
        _check_method(scope, self._operations)
        operation = self._operations[request.method]
        authenticator = self._api.authenticator
        key = authenticator.authenticate(request.headers, request.client.host if request.client else None)
        info.key = key.name
        authenticator.check_scope(key, operation.scope)
        await self._api.calls.run(lambda: authenticator.check_rate(key))
        async with self._api.big_bodies.place(key.name, request.headers):
            response = await operation.handler(self._api, ApiRequest(request, key))
        await response(scope, receive, send)


def _public_route(path: str, handler: PublicHandler) -> Route:
    return Route(path, PublicEndpoint(path, handler))


def _check_method(scope: Scope, allowed: Mapping[str, Any] | tuple[str, ...]) -> None:
    if scope["method"] not in allowed:
        methods = ", ".join(allowed)
        detail = f"This path supports {methods}."
        raise Problem(ProblemType.METHOD_NOT_ALLOWED, detail, headers={"Allow": methods})


def _returns(response: Callable[[], Response]) -> PublicHandler:
    async def handler(_: Request) -> Response:
        return response()

    return handler


def _with_reports(app: ASGIApp, reports: DeliveryReportApp) -> ASGIApp:
    """Route the secret path to the delivery report endpoint. A router would not compare it in constant time."""

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if reports.matches(scope["path"]):
            request_info(scope).route = "reports"
            await reports(scope, receive, send)
        else:
            await app(scope, receive, send)

    return route


async def _not_found(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise HTTPException(404)
