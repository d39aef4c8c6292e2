"""The inbox page at `/`: the messages that the provider took, as recipients see them, with buttons for faults and lies.

The page is three files in `inbox_page/`. Its script reads `GET /simulator/inbox` of the control API each second.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from zettai_simulator import behavior, clock, faults, records
from zettai_simulator.faults import Kind
from zettai_simulator.provider import Provider
from zettai_simulator.pusher import Pusher

_FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/inbox.css": ("inbox.css", "text/css; charset=utf-8"),
    "/inbox.js": ("inbox.js", "text/javascript; charset=utf-8"),
}

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_ROWS_ENDPOINT = "status"
"""Faults of rows affect answers that have rows. The button of another fault affects the calls that send."""


@dataclass(frozen=True, slots=True)
class Page:
    """A file of the page with its headers."""

    content: bytes
    headers: Mapping[str, str]


@cache
def page(path: str) -> Page | None:
    """Return the file at this path, or None if there is none."""
    if path not in _FILES:
        return None
    name, content_type = _FILES[path]
    content = files("zettai_simulator").joinpath("inbox_page", name).read_bytes()
    return Page(content, {**_HEADERS, "Content-Type": content_type})


def contents(provider: Provider, pusher: Pusher, limit: int) -> dict[str, Any]:
    """Return the newest messages, newest first, and what the buttons show."""
    account, now = provider.account, clock.now()
    newest = account.messages[-limit:][::-1]
    return {
        "now": now,
        "total": len(account.messages),
        "messages": [
            {
                **records.of_message(account, message, now),
                "sentText": message.sent_text,
                "parts": message.parts,
                "carrierName": message.fate.carrier.name,
                "report": pusher.results.get(message.serial),
            }
            for message in newest
        ],
        "faults": [
            {"kind": kind, "text": faults.DESCRIPTIONS[kind], "endpoint": _ROWS_ENDPOINT if kind.changes_rows else "mt"}
            for kind in Kind
        ],
        "activeFaults": provider.faults.to_json(),
        "behaviors": behavior.DESCRIPTIONS,
        "behavior": asdict(account.behavior),
        "examples": behavior.EXAMPLES,
    }
