"""The console as routes of the gateway: sessions, headers, rights and errors around the pages."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from importlib.resources import files

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import Message, Receive, Scope, Send

from zettai.gateway.middleware import request_info
from zettai.gateway.problems import Problem
from zettai_console.language import DOMAIN, choose
from zettai_console.page import PREFIX, Page
from zettai_console.security.forgery import is_genuine
from zettai_console.security.roles import Right
from zettai_console.security.users import User
from zettai_console.services import Services

Handler = Callable[[Page], Awaitable[Response]]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of each page: only our own files, and nothing inline."""

FORM_SIZE = 200_000
"""Bytes of a form without a file."""

FORM_TIMEOUT = timedelta(seconds=10)
"""For a form to arrive."""

DRAINED = 5
"""A refused form may be so many times as large as its limit, for its sender to get the answer."""

DRAIN_TIMEOUT = timedelta(seconds=5)
"""For the rest of a refused form to arrive."""

MAX_FIELDS = 250
"""Fields of a form. The list of dead letters has a field for each of its messages."""

FORGED = "forged"
"""The detail of the error for a form that is not of this session."""

ASSET_LIFE = "public, max-age=31536000, immutable"
"""The address of a static file changes with its content."""

ASSETS = {
    "console.css": "text/css; charset=utf-8",
    "htmx-2.0.11.min.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""The static files, and their types."""


@dataclass(frozen=True, slots=True)
class View:
    """A page.

    Attributes:
        path: below the console's.
        handler: answers a request.
        right: what the user must have; None for pages before the login.
        method: `GET`, or `POST` for what may change something.
        largest: bytes of the form, with its file.
        timeout: for the form to arrive.
    """

    path: str
    handler: Handler
    right: Right | None = Right.VIEW
    method: str = "GET"
    largest: int = FORM_SIZE
    timeout: timedelta = FORM_TIMEOUT


def console_routes(services: Services, views: Sequence[View]) -> list[BaseRoute]:
    """Return the routes of the console."""
    settings = services.settings
    routes = [Route(view.path, _Endpoint(view, services), methods=[view.method]) for view in views]
    router = Router([Route("/static/{name}", _asset), *routes], redirect_slashes=False, default=_not_found(services))
    app = SessionMiddleware(
        router,
        secret_key=settings.required_console_secret().get_secret_value(),
        session_cookie="zettai_console",
        max_age=int(settings.console_session.total_seconds()),
        path=PREFIX,
        same_site="lax",
        https_only=settings.console_https,
    )
    return [Route(PREFIX, _to_start), Mount(PREFIX, app)]


class _Endpoint:
    """Checks a request, reads its form, and answers it with a page."""

    def __init__(self, view: View, services: Services) -> None:
        self._view = view
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        request_info(scope).route = f"{PREFIX}{self._view.path}"
        limited = _Limited(receive, self._view.largest)
        request = Request(scope, limited)
        page = Page(request, self._services, choose(request.cookies, request.headers.get("accept-language", "")))
        async with AsyncExitStack() as forms:
            try:
                response = await self._answer(page, forms)
            except (Problem, HTTPException) as error:
                response = error_page(page, error)
            await _drain(request, receive, DRAINED * self._view.largest)
            await with_headers(response)(scope, receive, send)

    async def _answer(self, page: Page, forms: AsyncExitStack) -> Response:
        view, request = self._view, page.request
        user = await _find_user(page)
        page = Page(request, self._services, page.language, user)
        if user is not None:
            request_info(request.scope).key = user.name
        if view.right is not None and user is None:
            return _to_login(page)
        if view.right is not None and not page.may(view.right):
            raise HTTPException(HTTPStatus.FORBIDDEN)
        if view.method != "POST":
            return await view.handler(page)
        form = await _read_form(request, forms, view.timeout)
        if not is_genuine(request, form):
            raise HTTPException(HTTPStatus.FORBIDDEN, FORGED)
        return await view.handler(Page(request, self._services, page.language, user, form))


async def _find_user(page: Page) -> User | None:
    """Return the user of a request, or None before the login and after the logout."""
    user, services, session = page.services.users.find(page.request), page.services, page.request.session
    if user is None or not user.has_session:
        return user
    return None if await page.run(lambda: services.sessions.has_ended(session)) else user


class _Limited:
    """Receives a body up to a size."""

    def __init__(self, receive: Receive, largest: int) -> None:
        self._receive = receive
        self._largest = self._left = largest

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, str(self._largest), headers={"Connection": "close"}
            )
        return message


async def _drain(request: Request, receive: Receive, most: int) -> None:
    """Read the rest of the body of a refused request. Closing the connection before it came would lose the answer."""
    if not request_info(request.scope).body_is_unread:
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_TIMEOUT.total_seconds()):
            while most > 0:
                message = await receive()
                most -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


async def _read_form(request: Request, forms: AsyncExitStack, timeout: timedelta) -> FormData:  # noqa: ASYNC109 - answered with 408
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            return await forms.enter_async_context(request.form(max_files=1, max_fields=MAX_FIELDS))
    except TimeoutError:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None


def error_page(page: Page, error: Problem | HTTPException) -> Response:
    """Return the page that says what went wrong and what to do. In an open page it is a notice."""
    if isinstance(error, Problem):
        status, kind, detail = error.type.status, error.type.name.lower(), ""
    else:
        status, detail = error.status_code, error.detail
        kind = detail if detail == FORGED else str(status)
    response = page.render("parts/error.html" if page.is_update else "error.html", status, kind=kind, detail=detail)
    response.headers.update(error.headers or {})
    if page.is_update:
        response.headers.update({"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"})
    return response


def with_headers(response: Response) -> Response:
    """Add the headers of each page."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return response


def _to_login(page: Page) -> Response:
    """Lead to the login. A part of an open page makes the browser load the whole page."""
    if page.is_update:
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
    request = page.request
    wanted = request.url.path.removeprefix(PREFIX) + (f"?{request.url.query}" if request.url.query else "")
    return page.redirect("/login", next=wanted if request.method == "GET" and wanted != "/" else None)


async def _to_start(request: Request) -> Response:
    request_info(request.scope).route = PREFIX
    return RedirectResponse(f"{PREFIX}/")


async def _asset(request: Request) -> Response:
    request_info(request.scope).route = f"{PREFIX}/static"
    name = request.path_params["name"]
    if name not in ASSETS:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    path = str(files(DOMAIN) / "static" / name)
    return FileResponse(path, media_type=ASSETS[name], headers={"Cache-Control": ASSET_LIFE})


def _not_found(services: Services) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    async def handler(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        language = choose(request.cookies, request.headers.get("accept-language", ""))
        page = Page(request, services, language, services.users.find(request))
        response = with_headers(error_page(page, HTTPException(HTTPStatus.NOT_FOUND)))
        await response(scope, receive, send)

    return handler
