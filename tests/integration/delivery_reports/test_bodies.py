"""Bodies that are no reports, and such as were made to do harm: refused, in bounded time and memory."""

import json
import resource
import time
from urllib.parse import urlencode

import pytest
from tests.integration.delivery_reports.given import (
    FORM,
    PATH,
    Receiver,
    as_json,
    as_xml,
    counting,
    notification,
    xml,
)
from tests.support.store_helpers import accepted

from zettai.core.delivery_reports import LARGEST_BODY
from zettai.core.states import State
from zettai.core.store import WorkerStore

BOMB = (
    '<!DOCTYPE b [<!ENTITY a0 "boom">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]><b>&a11;</b>"
)
QUADRATIC = f'<!DOCTYPE b [<!ENTITY a "{"x" * 100_000}">]><b>{"&a;" * 50_000}</b>'
EXTERNAL = '<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]><b><eventNotification>&a;</eventNotification></b>'
REMOTE = '<!DOCTYPE b SYSTEM "http://127.0.0.1:1/b.dtd"><eventNotification><clientTag>t</clientTag></eventNotification>'


def json_text(text: str) -> bytes:
    """A form with any JSON; it is escaped no more than must be, so that a body may hold a lot of it."""
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
    "empty XML": xml(""),
    "cut XML": xml("<eventNotifications><eventNotification>"),
    "XML of something else": xml("<html><body>hello</body></html>"),
    "XML of nothing": xml("<eventNotifications/>"),
    "deep XML": xml("<a>" * 140_000 + "</a>" * 140_000),
    "wide XML": xml("<a>" + "<b/>" * 240_000 + "</a>"),
    "XML with a zero": xml("<a>\0</a>"),
    "XML in an unknown encoding": xml('<?xml version="1.0" encoding="nonsense"?><a/>'),
    "bomb": xml(BOMB),
    "quadratic bomb": xml(QUADRATIC),
    "external entity": xml(EXTERNAL),
    "external type": xml(REMOTE),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_report_is_refused(receiver: Receiver, name: str) -> None:
    """At once, with 400: the provider may try again, should the body have been cut on its way."""
    started = time.monotonic()

    with counting() as counted:
        status = receiver.post(UNREADABLE[name])

    assert (status, counted) == (400, {"malformed": 1})
    assert time.monotonic() - started < 3


def test_bombs_cost_no_memory(receiver: Receiver) -> None:
    """Nothing is expanded: the process does not grow by more than the bodies themselves."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for text in (BOMB, QUADRATIC):
        receiver.post(xml(text))

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # KB


@pytest.mark.parametrize("encoding", ["UTF-8", "Shift_JIS", "UTF-16"])
def test_what_xml_says_of_its_encoding_does_not_matter(receiver: Receiver, store: WorkerStore, encoding: str) -> None:
    """The form's encoding was undone already."""
    tag = accepted(store)
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><r:root xmlns:r="urn:x"><r:eventNotification>'
        f"<r:clientTag>\n {tag} </r:clientTag><r:phoneNumber>09012345678</r:phoneNumber><r:statusId> 2 </r:statusId>"
        "<r:messageText>確認</r:messageText></r:eventNotification></r:root>"
    )

    assert receiver.post(xml(text)) == 200

    assert store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]


@pytest.mark.parametrize("inside", ["{}", "<all>{}</all>", "<all><some>{}</some></all>"])
def test_notifications_are_found_whatever_is_around_them(receiver: Receiver, store: WorkerStore, inside: str) -> None:
    """The specification does not show the XML."""
    tag = accepted(store)
    report = (
        f"<report><clientTag>{tag}</clientTag><phoneNumber>09012345678</phoneNumber><statusId>2</statusId></report>"
    )

    receiver.post(xml(inside.format(report)))

    assert store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]


def test_a_text_that_is_no_utf_8_spoils_only_itself(receiver: Receiver, store: WorkerStore) -> None:
    """Its bytes are replaced; nobody reads the text of a report."""
    tag = accepted(store)

    assert receiver.post(as_json(notification(tag, messageText="MARK")).replace(b"MARK", b"%ff%fe\xff")) == 200

    assert store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", f"{FORM}; charset=Shift_JIS", "", "äöü"])
def test_the_content_type_is_not_asked_for(receiver: Receiver, store: WorkerStore, content_type: str) -> None:
    """The body says better than a header what it is; no report is lost over a header."""
    tag = accepted(store)

    assert receiver.post(as_json(notification(tag)), **{"Content-Type": content_type}) == 200

    assert store.get([tag])[0].state is State.DELIVERED  # type: ignore[union-attr]


def test_both_fields_are_read(receiver: Receiver, store: WorkerStore) -> None:
    """Should the provider send both."""
    with counting() as counted:
        receiver.post(as_json(notification(accepted(store))) + b"&" + as_xml(notification(accepted(store))))
    assert counted == {"applied": 2}


def test_a_declared_body_that_is_too_large_is_not_awaited(receiver: Receiver) -> None:
    """The answer comes before the first byte of it."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGEST_BODY + 1}\r\n\r\n"

    assert receiver.talk(head.encode()).startswith(b"HTTP/1.1 413 ")


def test_an_undeclared_body_that_is_too_large_is_not_read_to_its_end(receiver: Receiver) -> None:
    """It never ends, and is answered all the same."""
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"

    answer = receiver.talk(head.encode() + chunk * (LARGEST_BODY // 0x10000 + 1))

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_the_largest_body_is_read(receiver: Receiver, store: WorkerStore) -> None:
    """To its last byte."""
    body = as_json(notification(accepted(store))) + b"&x="

    with counting() as counted:
        assert receiver.post(body.ljust(LARGEST_BODY, b"x")) == 200
    assert counted == {"applied": 1}


def test_a_body_that_never_comes_is_given_up(receiver: Receiver) -> None:
    """Within the time that the provider has."""
    started = time.monotonic()
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\njson="

    assert receiver.talk(head.encode()).startswith(b"HTTP/1.1 408 ")

    assert time.monotonic() - started < 5


def test_a_sender_that_goes_away_disturbs_nobody(
    receiver: Receiver, store: WorkerStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Its half report is dropped without an error."""
    tag = accepted(store)
    body = as_json(notification(tag))
    head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"

    with receiver.connected() as connection:
        connection.sendall(head.encode() + body[:50])
    time.sleep(0.3)

    assert receiver.post(as_json(notification("nobody"))) == 200
    assert store.get([tag])[0].state is State.ACCEPTED  # type: ignore[union-attr]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
