"""The message and the task in log lines."""

import logging
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest
from tests.support.store_helpers import new_message

from zettai.core.log_context import WorkingOn, add_message, add_task
from zettai.core.message import Message
from zettai.core.times import now

MESSAGE = replace(Message.from_new(new_message(client_tag="t1", lane="urgent"), now()), attempts=2)

TOLD = {"task": "zettai.send", "client_tag": "t1", "lane": "urgent"}


def told(**event: Any) -> dict[str, Any]:
    """A line as it is written."""
    return dict(add_message(None, "info", event))


def test_line_names_the_message_in_this_thread_only() -> None:
    elsewhere: list[dict[str, Any]] = []
    with WorkingOn(MESSAGE, "zettai.send"):
        assert told(event="x") == {"event": "x", **TOLD, "attempt": 2}
        thread = Thread(target=lambda: elsewhere.append(told(event="x")))
        thread.start()
        thread.join()

    assert elsewhere == [told(event="x")] == [{"event": "x"}]


def test_inner_context_replaces_the_outer_one() -> None:
    with WorkingOn(MESSAGE, "zettai.send"):
        with pytest.raises(ZeroDivisionError), WorkingOn(replace(MESSAGE, client_tag="t2"), "zettai.send"):
            _ = 1 / int(told(event="x")["client_tag"] != "t2")
        assert told(event="x")["client_tag"] == "t1"


def test_fields_of_the_line_are_not_changed() -> None:
    with WorkingOn(MESSAGE, "zettai.send"):
        assert told(event="x", client_tag="t1", attempt=7) == {
            "event": "x",
            **TOLD,
            "attempt": 7,
        }
        assert told(event="x", client_tag="other") == {
            "event": "x",
            "client_tag": "other",
            "task": "zettai.send",
        }


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({"id": "1", "name": "zettai.send"}, {"task": "zettai.send", "task_id": "1"}),
        ({"id": 1, "name": "zettai.send"}, {}),
        ("anything", {}),
        (None, {}),
    ],
)
def test_task_is_added_to_lines_of_celery(data: object, told: dict[str, str]) -> None:
    record = logging.LogRecord("celery.app.trace", logging.ERROR, "", 0, "failed", (), None)
    record.data = data

    assert add_task(None, "error", {"_record": record}) == {"_record": record} | told
