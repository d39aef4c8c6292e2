"""The gateway as an ASGI app: its routes, and the authentication of each API request."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from zettai.gateway import page
from zettai.gateway.api import Api, ApiCall
from zettai.gateway.language import japanese, prefers_japanese
from zettai.gateway.metrics import GatewayMetrics
from zettai.gateway.middleware import RequestMiddleware, request_info
from zettai.gateway.openapi.document import build_document
from zettai.gateway.operations import OPERATIONS
from zettai.gateway.operations.operation import Operation
from zettai.gateway.problems import Problem, ProblemType
from zettai.gateway.report_endpoint import DeliveryReportApp

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
    documents = {"openapi.json": build_document(), "openapi.ja.json": build_document(japanese())}
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [
        *(_public_route(f"/{name}", _document(document)) for name, document in documents.items()),
        _public_route("/", _returns(lambda: RedirectResponse("docs", HTTPStatus.SEE_OTHER))),
        _public_route("/docs", _page),
        _public_route(f"/{page.VIEWER}", _returns(page.viewer)),
        _public_route(f"/{page.START}", _returns(page.start)),
        _public_route(f"/{page.STYLE}", _returns(page.style)),
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
            response = await operation.handler(ApiCall(self._api, request, key))
        await response(scope, receive, send)


def _public_route(path: str, handler: PublicHandler) -> Route:
    return Route(path, PublicEndpoint(path, handler))


def _check_method(scope: Scope, allowed: Mapping[str, Any] | tuple[str, ...]) -> None:
    if scope["method"] not in allowed:
        methods = ", ".join(allowed)
        detail = f"This path supports {methods}."
        raise Problem(ProblemType.METHOD_NOT_ALLOWED, detail, headers={"Allow": methods})


def _document(document: Mapping[str, Any]) -> PublicHandler:
    """Return the OpenAPI document with the address under which it was requested."""

    async def handler(request: Request) -> Response:
        return JSONResponse({**document, "servers": [{"url": str(request.base_url).rstrip("/")}]})

    return handler


async def _page(request: Request) -> Response:
    is_japanese = prefers_japanese(request.headers)
    return page.build_page("ja", "openapi.ja.json") if is_japanese else page.build_page("en", "openapi.json")


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
