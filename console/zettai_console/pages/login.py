"""Login with an API key, logout, and the choice of the language."""

from datetime import timedelta
from http import HTTPStatus
from math import ceil
from urllib.parse import urlsplit

import structlog
from starlette.responses import RedirectResponse, Response

from zettai_console.app import View
from zettai_console.language import COOKIE, Language
from zettai_console.page import PREFIX, Page

logger = structlog.get_logger("zettai.console")

LANGUAGE_LIFE = 365 * 24 * 3600
"""Seconds for which a browser remembers the language."""


async def show_login(page: Page) -> Response:
    """Show the form for an API key."""
    if page.user is not None:
        return page.redirect("/")
    return _form(page, HTTPStatus.OK)


async def log_in(page: Page) -> Response:
    """Log in with an API key."""
    host = page.request.client.host if page.request.client else None
    logins = page.services.logins
    wait = await page.run(lambda: logins.count(host))
    if wait is not None:
        logger.warning("console_login_limited")
        minutes = ceil(wait / timedelta(minutes=1))
        response = _form(page, HTTPStatus.TOO_MANY_REQUESTS, minutes=minutes)
        response.headers["Retry-After"] = str(ceil(wait.total_seconds()))
        return response
    user = page.services.users.log_in(page.request, page.text("key").strip())
    if user is None:
        logger.warning("console_login_failed")
        return _form(page, HTTPStatus.UNAUTHORIZED, failed=True)
    await page.run(lambda: logins.forget(host))
    logger.info("console_login", user=user.name)
    return RedirectResponse(PREFIX + _own_path(page.text("next")), HTTPStatus.SEE_OTHER)


def _form(page: Page, status: HTTPStatus, *, failed: bool = False, minutes: int | None = None) -> Response:
    """Return the form, after a failed login or one too many too."""
    have_keys = page.services.users.have_keys
    return page.render(
        "login.html", status, next=page.text("next"), failed=failed, minutes=minutes, have_keys=have_keys
    )


async def log_out(page: Page) -> Response:
    """End the session. A copy of its cookie is no login any more."""
    session = dict(page.request.session)
    page.request.session.clear()  # also if Redis does not answer
    await page.run(lambda: page.services.sessions.end(session))
    return page.redirect("/login")


async def choose_language(page: Page) -> Response:
    """Remember the language, and show the page again from which it was chosen."""
    back = urlsplit(page.request.headers.get("referer", ""))
    is_ours = back.netloc == page.request.url.netloc and back.path.startswith(f"{PREFIX}/")
    target = back.path + (f"?{back.query}" if back.query else "") if is_ours else f"{PREFIX}/"
    response = RedirectResponse(target, HTTPStatus.SEE_OTHER)
    language = page.text("language")
    if language in list(Language):
        secure = page.services.settings.console_https
        response.set_cookie(COOKIE, language, LANGUAGE_LIFE, path=PREFIX, secure=secure, httponly=True, samesite="lax")
    return response


def _own_path(path: str) -> str:
    """Return a path of the console, so that a link to the login cannot lead to another site."""
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.netloc and "\\" not in path
    return path if is_ours and path.isprintable() else "/"


VIEWS = (
    View("/login", show_login, right=None),
    View("/login", log_in, right=None, method="POST"),
    View("/logout", log_out, right=None, method="POST"),
    View("/language", choose_language, right=None),
)
