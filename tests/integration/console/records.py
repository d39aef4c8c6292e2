"""Messages for the pages of the console, and the words that a page shows."""

import re
from html import unescape
from uuid import uuid4

from tests.integration.console.given import OURS, Console
from tests.support.store_helpers import (
    accepted,
    claim_one,
    new_message,
    update_one,
)

from zettai import State
from zettai.core.store import StateUpdate


def words_of(html: str) -> str:
    """Return the words of a page."""
    main = html.partition("<main")[2] or html
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def recorded(console: Console, **fields: object) -> str:
    """Record a message, and return its tag."""
    message = new_message(**{"client_tag": f"t-{uuid4()}", **OURS, **fields})
    console.store.create([message])
    return message.client_tag


def ended(console: Console, to: State, reason: str, **fields: object) -> str:
    """Record a message that ends in a state, and return its tag."""
    tag = recorded(console, **fields)
    claim_one(console.store, tag)
    assert update_one(console.store, tag, to, reason=reason) is to
    return tag


def undelivered(console: Console, detail: str, **fields: object) -> str:
    """Record a message that was not delivered, and return its tag."""
    tag = accepted(console.store, client_tag=f"t-{uuid4()}", **OURS, **fields)
    update = StateUpdate(
        client_tag=tag,
        expected_states=frozenset({State.ACCEPTED}),
        to=State.UNDELIVERED,
        reason=f"statusId 3 {detail}",
        fields={"detail": detail, "carrier_found": "docomo", "parts": 0},
    )
    assert console.store.apply_updates([update]) == [State.UNDELIVERED]
    return tag
