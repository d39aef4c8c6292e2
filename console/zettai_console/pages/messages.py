"""Find a message, read its story, and list messages."""

from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice

from starlette.responses import Response

from zettai.core.errors import InvalidMessage
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store.audit import AuditAction
from zettai.suppressions import checked_number
from zettai_console.app import View
from zettai_console.page import Page
from zettai_console.pages.listing import read_list
from zettai_console.security.roles import Right

FOUND = 200
"""Messages to a number that are shown, the newest ones."""

CANCELABLE = frozenset(
    {State.QUEUED, State.HELD, State.SUBMITTING, State.SUBMIT_UNKNOWN, State.SCHEDULED},
)
"""States in which a message may still be canceled."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message, and its text if the user may see it and the store still has it."""

    message: Message
    body: str | None


async def find(page: Page) -> Response:
    """Show the form to find a message, and a list by state or campaign. A tag leads to its message."""
    tag = page.text("tag").strip()
    if tag:
        message = await page.run(lambda: page.message(tag))
        if message is not None:
            return page.redirect("/message", tag=tag)
    return await _list(page, missing=tag)


async def _list(page: Page, *, missing: str) -> Response:
    state, group = page.text("state"), page.text("group").strip()
    chosen = State(state) if state in list(State) else None
    values = {"missing": missing, "chosen": chosen, "group": group, "problem": None}
    if not group and chosen is None:
        return page.render("messages.html", found=None, **values)
    found = await read_list(page, chosen)
    if found is None:
        return page.render("messages.html", HTTPStatus.BAD_REQUEST, found=(), next=None, **values)
    return page.render("messages.html", found=found.messages, next=found.next, **values)


async def show(page: Page) -> Response:
    """Show a message with its story. What is personal is in the whole page only: an update leaves it as it is."""
    tag = page.text("tag")
    reveals = page.may(Right.PERSONAL) and not page.is_update
    found = await page.run(lambda: _read(page, tag, reveals=reveals))
    if found is None:
        return page.render(
            "messages.html", HTTPStatus.NOT_FOUND, missing=tag, chosen=None, group="", found=None, problem=None
        )
    is_cancelable = found.message.state in CANCELABLE and not found.message.cancel_requested
    values = {"message": found.message, "body": found.body, "is_cancelable": is_cancelable, "reveals": reveals}
    return page.render("parts/message.html" if page.is_update else "message.html", **values)


def _read(page: Page, tag: str, *, reveals: bool) -> Found | None:
    message = page.message(tag)
    if message is None:
        return None
    if not reveals:
        return Found(message, None)
    page.audit(AuditAction.SHOW_MESSAGE, client_tag=tag)
    [body] = page.services.store.bodies([tag])
    return Found(message, body)


async def find_number(page: Page) -> Response:
    """Show the messages to a phone number. The number is in the form and not in the address, which lands in logs."""
    client, number = page.services.client, page.text("number").strip()
    values = {"missing": "", "chosen": None, "group": "", "next": None}
    try:
        checked_number(number)
        found = await page.run_audited(
            AuditAction.FIND_NUMBER, lambda: list(islice(client.find(number, owner=page.sees), FOUND))
        )
    except InvalidMessage as error:
        problem = page.sentence(error)
        return page.render("messages.html", HTTPStatus.BAD_REQUEST, found=None, problem=problem, **values)
    return page.render("messages.html", found=found, problem=None, **values)


VIEWS = (
    View("/messages", find),
    View("/messages/number", find_number, Right.FIND, method="POST"),
    View("/message", show),
)
