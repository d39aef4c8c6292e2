"""Dead letters: what ended without a delivery, and to send some of it again after a preview."""

from collections import Counter
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from zettai.core.states import State
from zettai.core.store.audit import AuditAction
from zettai.requeueing import Requeue, decide_requeue, send_again
from zettai_console.app import View
from zettai_console.page import Page
from zettai_console.pages import whole_lists
from zettai_console.pages.listing import read_list
from zettai_console.pages.whole_lists import STATES
from zettai_console.security.roles import Right
from zettai_console.services import Services

MOST = 100
"""Dead letters that are chosen one by one. All of a list can be sent too: see `whole_lists.py`."""


async def show(page: Page) -> Response:
    """Show the dead letters of a state."""
    return await _list(page)


async def preview(page: Page) -> Response:
    """Show what sending again would do to each message that was chosen."""
    tags, body = page.texts("tag")[:MOST], _body(page)
    if body and _is_whole_list(page):
        return await whole_lists.preview(page, body, twice=_may_send_twice(page))
    if not tags or not body:
        return await _list(page, HTTPStatus.BAD_REQUEST, is_incomplete=True)
    requeues = await page.run(lambda: list(_decide_all(page, tags, body)))
    possible = sum(one.obstacle is None for one in requeues)
    return page.render("requeue.html", requeues=requeues, body=body, possible=possible, twice=_may_send_twice(page))


async def requeue(page: Page) -> Response:
    """Send messages again."""
    tags, body = page.texts("tag")[:MOST], _body(page)
    if body and _is_whole_list(page):
        return await whole_lists.send(page, body, twice=_may_send_twice(page))
    decide = partial(_decide, may_send_twice=_may_send_twice(page))

    def again(one: Requeue) -> Requeue:
        page.audit(AuditAction.REQUEUE, client_tag=one.message.client_tag)
        return send_again(page.services.client, page.services.store, one, None, decide)

    def send_all() -> list[Requeue]:
        return [one if one.obstacle is not None else again(one) for one in _decide_all(page, tags, body)]

    requeues = await page.run(send_all)
    sent = [one for one in requeues if one.problem is None]
    for one in sent:
        page.log_change("requeue", client_tag=one.message.client_tag, new_tag=one.new_tag)
    return page.render("requeued.html", requeues=requeues, sent=len(sent))


async def _list(page: Page, status: int = HTTPStatus.OK, *, is_incomplete: bool = False) -> Response:
    wanted, group = page.text("state"), page.text("group").strip()
    counts = await page.run(lambda: _counts(page.services))
    fullest = max(STATES, key=lambda state: counts[state])
    chosen = State(wanted) if wanted in STATES else fullest
    values: dict[str, Any] = {"counts": {state: counts[state] for state in STATES}, "chosen": chosen, "group": group}
    values |= {"is_incomplete": is_incomplete, "body": page.text("body")}
    found = await read_list(page, chosen)
    if found is None:
        return page.render("dead_letters.html", HTTPStatus.BAD_REQUEST, found=(), next=None, **values)
    return page.render("dead_letters.html", status, found=found.messages, next=found.next, **values)


def _counts(services: Services) -> Counter[State]:
    """Return how many messages of all accounts are in each state."""
    return sum((Counter(one.store.counts()) for one in services.accounts.values()), Counter())


def _decide_all(page: Page, tags: Iterable[str], body: str) -> Iterable[Requeue]:
    found = page.services.store.messages(dict.fromkeys(tags))
    for message in (one for one in found if page.sees in {None, one.owner}):
        yield _decide(message, body, may_send_twice=_may_send_twice(page))


_decide = partial(decide_requeue, undelivered=True)
"""Whoever chooses an undelivered message in the list wants to send it again."""


def _is_whole_list(page: Page) -> bool:
    return page.text("all") == "yes"


def _may_send_twice(page: Page) -> bool:
    return page.text("twice") == "yes"


def _body(page: Page) -> str:
    return page.text("body").replace("\r\n", "\n").strip("\n")


VIEWS = (
    View("/dead-letters", show),
    View("/dead-letters/preview", preview, Right.SEND, method="POST"),
    View("/dead-letters/send", requeue, Right.SEND, method="POST"),
)
