"""How many events a group of readers has missed, by the answers of Redis."""

from typing import Any

import pytest

from zettai.core.store.event_reader import unread_and_removed
from zettai.core.store.scripts import MOST_EVENTS


def _stream(length: int, added: int | None = None, first: str | None = "50-0") -> dict[str, Any]:
    """Return an answer of XINFO STREAM. Redis before 7.0 does not say how many entries were added."""
    answer: dict[str, Any] = {"length": length, "first-entry": (first, {}) if first else None}
    return answer if added is None else {**answer, "entries-added": added}


def _group(delivered: str, read: int | None = None) -> dict[str, Any]:
    return {"last-delivered-id": delivered, "entries-read": read}


@pytest.mark.parametrize(
    ("stream", "group", "missed"),
    [
        (_stream(10, 10), _group("9-0", 0), 0),
        (_stream(10, 30), _group("50-0", 21), 0),
        (_stream(10, 30), _group("9-0", 20), 0),
        (_stream(10, 30), _group("9-0", 5), 15),
        (_stream(10, 30), _group("100-0", 5), 0),
        (_stream(10, 30), _group("9-0"), 1),
        (_stream(10, 10), _group("9-0"), 0),
        (_stream(10, 30), _group("0-0"), 0),
        (_stream(0, 30, None), _group("9-0", 5), 0),
        (_stream(10), _group("9-0"), 0),
        (_stream(MOST_EVENTS), _group("9-0"), 1),
    ],
)
def test_missed_events_are_counted(stream: dict[str, Any], group: dict[str, Any], missed: int) -> None:
    assert unread_and_removed(stream, group) == missed
