"""Reads a page of a list of messages, as the form of a list asks for it."""

from zettai.core.errors import InvalidMessage
from zettai.core.states import State
from zettai.core.store.queries import Page as MessagePage
from zettai.core.store.queries import group_key, read_page
from zettai_console.page import Page

LISTED = 50
"""Messages on a page."""


async def read_list(page: Page, state: State | None) -> MessagePage | None:
    """Return messages that the user sees: of a state, of the group in the form, or of both.

    None if the group or the position in the list is not valid.
    """
    store, accounts = page.services.store, page.services.client.accounts
    group, cursor = page.text("group").strip() or None, page.text("after") or None
    try:
        if group is not None:
            group_key(store, group)
        return await page.run(
            lambda: read_page(
                store, state=state, group=group, cursor=cursor, limit=LISTED, owner=page.sees, accounts=accounts
            )
        )
    except (InvalidMessage, ValueError):
        return None
