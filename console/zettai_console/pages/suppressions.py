"""The suppression list: how many numbers it has, and to check, add and remove one."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from zettai.core.errors import InvalidMessage, SettingsError, SuppressionKeyMismatch
from zettai.core.phone_numbers import mask, normalize
from zettai.core.store.audit import AuditAction
from zettai.core.validation import ALL
from zettai.suppressions import checked_number
from zettai_console.app import View
from zettai_console.page import Page
from zettai_console.security.roles import Right

AUDITED = {"add": AuditAction.SUPPRESS, "remove": AuditAction.UNSUPPRESS}
"""The changes, as the audit log calls them."""

SOURCE = "console"
"""Where additions come from, unless the user says it."""


async def show(page: Page) -> Response:
    """Show the form and the size of the list."""
    return await _render(page)


async def check(page: Page) -> Response:
    """Show whether a number is suppressed."""
    return await _act(page, "check", lambda _: None)


async def add(page: Page) -> Response:
    """Suppress a number."""
    scope, source = page.text("scope").strip() or ALL, page.text("source").strip() or SOURCE
    suppressions, owner = page.services.client.suppressions, None if page.user is None else page.user.owner
    return await _act(page, "add", lambda number: suppressions.add(number, scope, source=source, owner=owner))


async def remove(page: Page) -> Response:
    """Allow messages to a number again."""
    scope = page.text("scope").strip() or None
    suppressions = page.services.client.suppressions
    return await _act(page, "remove", lambda number: suppressions.remove(number, scope, owner=page.sees))


async def _act(page: Page, action: str, change: Callable[[str], bool | None]) -> Response:
    """Change the list, and show what it says about the number."""
    number = page.text("number").strip()

    def run() -> tuple[bool | None, Any]:
        checked_number(number)
        if action in AUDITED:
            page.audit(AUDITED[action], scope=page.text("scope").strip() or None)
        changed = change(number)
        return changed, page.services.client.suppressions.get(number, owner=page.sees)

    try:
        changed, found = await page.run(run)
    except InvalidMessage as error:
        return await _render(page, HTTPStatus.BAD_REQUEST, problem=page.sentence(error))
    if action != "check":
        page.log_change(f"suppression_{action}", changed=bool(changed), scope=page.text("scope").strip() or ALL)
    scopes = () if found is None else found.scopes
    result = {"action": action, "changed": changed, "number": mask(normalize(number)), "scopes": scopes}
    return await _render(page, result=result)


async def _render(page: Page, status: int = HTTPStatus.OK, **values: Any) -> Response:
    def count() -> int | None:
        try:
            page.services.store.suppressions.required_key  # noqa: B018 - raises without a key
            return page.services.client.suppressions.count()
        except (SettingsError, SuppressionKeyMismatch):
            return None

    size = await page.run(count)
    return page.render("suppressions.html", status, **({"problem": None, "result": None, "size": size} | values))


VIEWS = (
    View("/suppressions", show, Right.SUPPRESS),
    View("/suppressions/check", check, Right.SUPPRESS, method="POST"),
    View("/suppressions/add", add, Right.SUPPRESS, method="POST"),
    View("/suppressions/remove", remove, Right.SUPPRESS, method="POST"),
)
