"""How a file is checked and sent."""

import re
from collections import Counter
from uuid import uuid4

import pytest
from tests.integration.console.given import Console, Visitor
from tests.integration.console.records import words_of

CSV = "電話番号,名前,本文\n09011112222,青木,ご予約の確認です\n0901111333,佐藤,x\n09011114444,鈴木,ご予約の確認です\n"


def upload(visitor: Visitor, step: str, content: str | bytes = CSV, **form: str) -> str:
    """Send the form of a file. Return the part of the page that answers."""
    data = content if isinstance(content, bytes) else content.encode()
    return visitor.post(f"/upload/{step}", form, files={"file": ("予約.csv", data)}).text


def signed_of(html: str) -> str:
    """Return the proof that a file was checked."""
    found = re.search(r'name="signed" value="([^"]+)"', html)
    assert found is not None, words_of(html)
    return found[1]


def _counted_rows(console: Console) -> Counter[str]:
    """Return the metric of rows by outcome. Other tests use the same console."""
    counted = console.store.redis.hgetall(console.store.keys.csv_rows)
    return Counter({str(outcome): int(count) for outcome, count in counted.items()})


def test_file_is_checked_and_then_sent(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    text = f"{{{{名前}}}} 様 {group}"
    before = _counted_rows(console)

    checked = upload(visitor, "check", group=group, text=text)
    assert not console.store.redis.exists(console.store.keys.group(group))
    sent = words_of(upload(visitor, "send", group=group, text=text, signed=signed_of(checked), confirmed="yes"))

    words = words_of(checked)
    assert "Good rows 2 Bad rows 1 They are not sent." in words
    assert f"Row 2 to +81********22 青木 様 {group}" in words
    assert "Row 3 電話番号: must be a Japanese mobile number" in words
    assert "2 messages are recorded and will be sent." in sent
    assert _counted_rows(console) - before == Counter(recorded=2, refused=1)
    messages = list(console.store.find(group=group))
    assert sorted(message.to for message in messages) == ["+819011112222", "+819011114444"]
    assert {message.lane for message in messages} == {"bulk"}
    [first] = [message for message in messages if message.client_tag.endswith("-2")]
    assert console.store.bodies([first.client_tag]) == [f"青木 様 {group}"]


@pytest.mark.parametrize("changed", ["file", "text", "group", "confirmed", "signed"])
def test_nothing_is_sent_but_what_was_checked(console: Console, visitor: Visitor, changed: str) -> None:
    form = {"group": f"g-{uuid4()}", "text": f"x {uuid4()}"}
    signed = signed_of(upload(visitor, "check", **form))
    form |= {"signed": signed, "confirmed": "yes"}
    content = CSV.replace("青木", "青山") if changed == "file" else CSV
    form |= {changed: "other"} if changed != "file" else {}

    answer = words_of(upload(visitor, "send", content, **form))

    assert "Nothing was sent." in answer
    assert not console.store.redis.exists(console.store.keys.group(form["group"]))


def test_file_that_was_sent_before_is_recognized(visitor: Visitor) -> None:
    form = {"group": f"g-{uuid4()}", "text": f"x {uuid4()}"}
    signed = signed_of(upload(visitor, "check", **form))
    upload(visitor, "send", **form, signed=signed, confirmed="yes")

    again = upload(visitor, "check", **form)
    other = upload(visitor, "check", **(form | {"text": "another text"}))
    sent = words_of(upload(visitor, "send", **form, signed=signed_of(again), confirmed="yes"))

    assert "This file was sent before" in words_of(again)
    assert "with another content or text" in words_of(other)
    assert "0 messages are recorded" in sent
    assert "Recorded before 2 They are not sent again." in sent


@pytest.mark.parametrize(
    ("content", "form", "text"),
    [
        (CSV, {"group": ""}, "group must have 1 to 200 characters"),
        (CSV, {"category": "a b"}, "category must be 1 to 40 letters"),
        (CSV, {"text": "{{"}, "template has {{ without its pair"),
        (CSV, {"text": "{{住所}}"}, "The first row must name the columns"),
        ("a,b\n1,2\n", {}, "The first row must name the columns"),
        ("電話番号,本文\n".encode("utf-16-be"), {}, "Its encoding is not known."),
        (b"\xd0\xcf\x11\xe0 old", {}, "It is an old Excel file"),
        (b"PK\x03\x04 broken", {}, "The Excel file is damaged."),
        ('電話番号,本文\n"x', {}, "A row is not valid CSV"),
    ],
)
def test_file_that_cannot_be_used_is_explained(
    visitor: Visitor, content: str | bytes, form: dict[str, str], text: str
) -> None:
    assert text in words_of(upload(visitor, "check", content, **({"group": "g"} | form)))


def test_form_without_a_file_is_explained(visitor: Visitor) -> None:
    assert "Choose a file." in visitor.post("/upload/check", {"group": "g"}).text
