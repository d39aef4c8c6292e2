"""Bodies that have no reports, or are made to do harm. They are rejected quickly."""

import json
import time
from urllib.parse import urlencode

import pytest
from tests.integration.delivery_reports.given import (
    FORM,
    PATH,
    Receiver,
    as_json,
    counting,
    notification,
)
from tests.support.store_helpers import accepted

from zettai.core.delivery_reports import MAX_BODY_SIZE
from zettai.core.states import State
from zettai.core.store import WorkerStore


def json_text(text: str) -> bytes:
    """Return a form with any JSON text, escaped as little as possible."""
    return urlencode({"json": text}, safe='[]{}":').encode()


UNREADABLE = {
    "nothing": b"",
    "no form": b"\xff\xfe\x00\x01" * 100,
    "no field of ours": b"text=hello",
    "no form but JSON": json.dumps({"eventNotifications": []}).encode(),
    "empty field": b"json=",
    "cut JSON": as_json(notification("t"))[:200],
    "no object": json_text("[]"),
    "a number": json_text("2"),
    "a number without end": json_text("9" * 100_000),
    "no list": json_text('{"eventNotifications": {}}'),
    "null": json_text('{"eventNotifications": null}'),
    "deep list": json_text("[" * 900_000),
    "deep object": json_text('{"eventNotifications":' * 40_000),
    "deep and whole": json_text('{"eventNotifications": ' + "[" * 400_000 + "]" * 400_000 + "}"),
    "many fields": b"&".join(b"f%d=1" % number for number in range(100)) + b"&" + as_json(),
    "XML": urlencode({"xml": "<eventNotifications/>"}).encode(),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_body_is_rejected(receiver: Receiver, name: str) -> None:
    with counting() as counted:
        status = receiver.post(UNREADABLE[name])

    assert (status, counted) == (400, {"malformed": 1})


def test_text_that_is_not_utf_8_damages_only_itself(receiver: Receiver, store: WorkerStore) -> None:
    tag = accepted(store)

    assert receiver.post(as_json(notification(tag, messageText="MARK")).replace(b"MARK", b"%ff%fe\xff")) == 200

    assert store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", f"{FORM}; charset=Shift_JIS", "", "äöü"])
def test_content_type_is_ignored(receiver: Receiver, store: WorkerStore, content_type: str) -> None:
    tag = accepted(store)

    assert receiver.post(as_json(notification(tag)), **{"Content-Type": content_type}) == 200

    assert store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]


def test_repeated_json_fields_are_all_read(receiver: Receiver, store: WorkerStore) -> None:
    with counting() as counted:
        receiver.post(as_json(notification(accepted(store))) + b"&" + as_json(notification(accepted(store))))
    assert counted == {"applied": 2}


def test_oversized_declared_body_is_rejected_before_it_is_read(receiver: Receiver) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY_SIZE + 1}\r\n\r\n"

    assert receiver.talk(head.encode()).startswith(b"HTTP/1.1 413 ")


def test_oversized_chunked_body_is_rejected_before_its_end(receiver: Receiver) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    answer = receiver.talk(head.encode() + chunk * (MAX_BODY_SIZE // 0x10000 + 1))

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_largest_body_is_read(receiver: Receiver, store: WorkerStore) -> None:
    body = as_json(notification(accepted(store))) + b"&x="

    with counting() as counted:
        assert receiver.post(body.ljust(MAX_BODY_SIZE, b"x")) == 200
    assert counted == {"applied": 1}


def test_body_that_does_not_arrive_is_answered_with_408(receiver: Receiver) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\njson="

    assert receiver.talk(head.encode()).startswith(b"HTTP/1.1 408 ")


def test_disconnect_during_the_body_records_nothing(
    receiver: Receiver, store: WorkerStore, caplog: pytest.LogCaptureFixture
) -> None:
    tag = accepted(store)
    body = as_json(notification(tag))
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"

    with receiver.connected() as connection:
        connection.sendall(head.encode() + body[:50])
    time.sleep(0.3)

    assert receiver.post(as_json(notification("nobody"))) == 200
    assert store.get([tag])[0].state is State.ACCEPTED  # type: ignore[union-attr]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
