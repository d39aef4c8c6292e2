"""What the pages show and change, without workers and without a browser."""

import re
from html import unescape
from itertools import islice
from uuid import uuid4

import pytest
from tests.integration.console.given import OURS, Console, Visitor
from tests.support.store_helpers import (
    MINUTE,
    accepted,
    claim_one,
    new_message,
    state_of,
    update_one,
)

from zettai import State
from zettai.core.store import StateUpdate

CSV = "電話番号,名前,本文\n09011112222,青木,ご予約の確認です\n0901111333,佐藤,x\n09011114444,鈴木,ご予約の確認です\n"


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


def test_message_is_found_by_its_tag(console: Console, visitor: Visitor) -> None:
    tag = recorded(console, client_tag=f"order/{uuid4()} 1")

    answer = visitor.http.get("/console/messages", params={"tag": f" {tag} "}, follow_redirects=True)

    assert answer.url.path == "/console/message"
    assert tag in words_of(answer.text)


def test_unknown_tag_is_named(visitor: Visitor) -> None:
    assert "No message has the tag <b>." in words_of(visitor.get("/messages?tag=<b>").text)
    assert visitor.get("/message?tag=unknown").status_code == 404


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "en",
            [
                "Not delivered",
                "The carrier could not deliver the message. There is no such number. (carrier's code 31732)",
                "Waiting Recorded.",
                "Submitting A worker has taken the message.",
                "Sent The provider confirmed it (code 0).",
                "NTT docomo",
            ],
        ),
        (
            "ja",
            [
                "配信失敗",
                "通信事業者がメッセージを配信できませんでした。 この番号は使われていません。(通信事業者のコード 31732)",
                "送信待ち 登録しました。",
                "送信処理中 ワーカーが処理を開始しました。",
            ],
        ),
    ],
)
def test_story_of_a_message_is_in_ordinary_words(console: Console, language: str, words: list[str]) -> None:
    tag = recorded(console)
    claim_one(console.store, tag)
    update_one(console.store, tag, State.ACCEPTED, reason="code 0", due_in=MINUTE)
    fields: dict[str, str | int] = {"detail": "31732", "carrier_found": "docomo"}
    update = StateUpdate(
        client_tag=tag,
        expected_states=frozenset({State.ACCEPTED}),
        to=State.UNDELIVERED,
        reason="statusId 3 31732",
        fields=fields,
    )
    console.store.apply_updates([update])

    with console.visitor(language=language) as visitor:
        page = words_of(visitor.get(f"/message?tag={tag}").text)

    assert [one for one in words if one not in page] == []


def test_words_of_the_provider_are_quoted_and_masked(console: Console, visitor: Visitor) -> None:
    tag = ended(console, State.REJECTED, "110 Invalid <phoneNumber> 09012345678.")

    page = words_of(visitor.get(f"/message?tag={tag}").text)

    assert "code 110: a value is not valid. It says: “Invalid <phoneNumber> 0********78.”" in page


def test_list_has_pages(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    tags = {recorded(console, group=group) for _ in range(60)}
    seen: list[str] = []
    path: str | None = f"/messages?group={group}"
    while path:
        page = visitor.get(path).text
        seen += re.findall(r"/console/message\?tag=(t-[\w-]+)", page)
        found = re.search(r'class="button" href="/console([^"]+after=[^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else None

    assert sorted(seen) == sorted(tags)


@pytest.mark.parametrize("query", ["state=queued&after=nonsense", "group=%00", "state=nonsense&group=%20x%0Ay"])
def test_list_with_wrong_parameters_is_empty(visitor: Visitor, query: str) -> None:
    assert visitor.get(f"/messages?{query}").status_code == 400


def test_message_is_canceled_after_a_preview(console: Console, visitor: Visitor) -> None:
    tag = recorded(console)

    preview = words_of(visitor.get(f"/message/cancel?tag={tag}").text)
    assert state_of(console.store, tag) is State.QUEUED
    answer = words_of(visitor.post("/message/cancel", {"tag": tag}).text)

    assert "It is not sent yet. It will be canceled at once." in preview
    assert "Canceled. The message was not sent, and will not be." in answer
    assert state_of(console.store, tag) is State.CANCELED


def test_cancel_that_is_too_late_says_so(console: Console, visitor: Visitor) -> None:
    tag = accepted(console.store, client_tag=f"t-{uuid4()}", **OURS)

    assert "It is too late" in words_of(visitor.get(f"/message/cancel?tag={tag}").text)
    assert "It is too late." in words_of(visitor.post("/message/cancel", {"tag": tag}).text)


def test_campaign_shows_outcomes_causes_parts_and_carriers(console: Console, visitor: Visitor) -> None:
    group = f"g {uuid4()}"
    for detail in ("31732", "51732", "31721"):
        undelivered(console, detail, group=group)
    recorded(console, group=group, body="あ" * 71)

    page = words_of(visitor.get(f"/campaign?name={group}").text)

    assert "4 messages, 1 still open" in page
    assert "Not delivered There is no such number. Carrier's codes: 31732, 51732 2" in page
    assert (
        "Not delivered The carrier's network was congested. A later attempt may arrive. Carrier's codes: 31721 1"
        in page
    )
    assert "About 2 more if the open messages arrive." in page
    assert "NTT docomo 3 3 0 3" in page


def test_running_campaigns_are_listed_with_their_progress(console: Console, visitor: Visitor, admin: Visitor) -> None:
    group = f"g-{uuid4()}"
    undelivered(console, "31732", group=group)
    recorded(console, group=group)
    recorded(console, group=group, created_by="other", team=None)

    rows = [one.get("/campaigns").text.partition(f"name={group}")[2].partition("</tr>")[0] for one in (visitor, admin)]

    assert words_of(rows[0]).endswith("– 1 –")
    assert words_of(rows[1]).endswith("33 % 2 3")


def test_unknown_campaign_is_named(visitor: Visitor) -> None:
    answer = visitor.get("/campaign?name=unknown")

    assert answer.status_code == 404
    assert "No message belongs to the campaign unknown." in words_of(answer.text)


def test_campaign_is_canceled_after_a_preview(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    tags = [recorded(console, group=group) for _ in range(3)]
    undelivered(console, "31732", group=group)

    preview = words_of(visitor.get(f"/campaign/cancel?name={group}").text)
    answer = words_of(visitor.post("/campaign/cancel", {"name": group}).text)

    assert "Not sent yet: canceled at once 3" in preview
    assert "Sent or ended: too late 1" in preview
    assert "Canceled 3" in answer
    assert {state_of(console.store, tag) for tag in tags} == {State.CANCELED}


def test_suppression_is_added_checked_and_removed(visitor: Visitor) -> None:
    form = {"number": "０９０−５５５５−００１１"}

    steps = [words_of(visitor.post(f"/suppressions/{step}", form).text) for step in ("check", "add", "check", "add")]
    removed = [words_of(visitor.post(f"/suppressions/{step}", form).text) for step in ("remove", "remove")]

    assert "+81********11 is not in the list." in steps[0]
    assert "Added: +81********11 gets no more messages. Scope all, since" in steps[1]
    assert "is in the list. Scope all, since" in steps[2]
    assert "was in the list before." in steps[3]
    assert "Removed: +81********11." in removed[0]
    assert "was not in the list." in removed[1]


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "number must be a Japanese mobile number"), ("ja", "電話番号は 090、080、070 などで始まる携帯電話番号を")],
)
def test_wrong_number_is_explained(console: Console, language: str, text: str) -> None:
    with console.visitor(language=language) as visitor:
        answer = visitor.post("/suppressions/add", {"number": "0312345678"})

    assert answer.status_code == 400
    assert text in words_of(answer.text)


def test_dead_letter_is_sent_again_after_a_preview(console: Console, visitor: Visitor) -> None:
    rejected = ended(console, State.REJECTED, "110 Invalid message")
    unknown = ended(console, State.DELIVERY_UNKNOWN, "no answer in time")
    form = {"tag": [rejected, unknown], "body": "もう一度お知らせします"}

    listed = visitor.get("/dead-letters?state=rejected").text
    preview = words_of(visitor.post("/dead-letters/preview", form).text)
    assert console.store.get([f"{rejected}~r2"]) == [None]
    answer = words_of(visitor.post("/dead-letters/send", form).text)

    assert f'value="{rejected}"' in listed
    assert f"Sent as {rejected}~r2" in preview
    assert "Not sent: It may have arrived. Allow a second delivery to send it again." in preview
    assert "Send 1 message again" in preview
    assert "1 message is sent again." in answer
    [again, old] = console.store.get([f"{rejected}~r2", rejected])
    assert again is not None
    assert (again.state, again.requeued_from) == (State.QUEUED, rejected)
    assert old is not None
    assert old.requeued_as == again.client_tag
    assert console.store.bodies([again.client_tag]) == ["もう一度お知らせします"]


def test_dead_letters_without_a_text_are_not_sent(console: Console, visitor: Visitor) -> None:
    tag = ended(console, State.REJECTED, "110 Invalid message")

    answer = visitor.post("/dead-letters/preview", {"tag": tag, "body": " ".strip(), "state": "rejected"})

    assert answer.status_code == 400
    assert "Choose at least one message, and give the text." in words_of(answer.text)


def upload(visitor: Visitor, step: str, content: str | bytes = CSV, **form: str) -> str:
    """Send the form of a file. Return the part of the page that answers."""
    data = content if isinstance(content, bytes) else content.encode()
    return visitor.post(f"/upload/{step}", form, files={"file": ("予約.csv", data)}).text


def signed_of(html: str) -> str:
    """Return the proof that a file was checked."""
    found = re.search(r'name="signed" value="([^"]+)"', html)
    assert found is not None, words_of(html)
    return found[1]


def test_file_is_checked_and_then_sent(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    text = f"{{{{名前}}}} 様 {group}"

    checked = upload(visitor, "check", group=group, text=text)
    assert not console.store.redis.exists(console.store.keys.group(group))
    sent = words_of(upload(visitor, "send", group=group, text=text, signed=signed_of(checked), confirmed="yes"))

    words = words_of(checked)
    assert "Good rows 2 Bad rows 1 They are not sent." in words
    assert f"Row 2 to +81********22 青木 様 {group}" in words
    assert "Row 3 電話番号: must be a Japanese mobile number" in words
    assert "2 messages are recorded and will be sent." in sent
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


def test_language_is_chosen_and_remembered(visitor: Visitor) -> None:
    answer = visitor.get("/language?language=ja", Referer=f"{visitor.http.base_url}/console/messages?state=queued")

    assert answer.headers["location"] == "/console/messages?state=queued"
    assert '<html lang="ja">' in visitor.get("/").text


def test_overview_shows_a_suspension_and_its_reason(console: Console, visitor: Visitor) -> None:
    console.store.suspend("code 300", retry_in=MINUTE)
    try:
        page = words_of(visitor.get("/").text)
    finally:
        console.store.resume()

    assert "Sending is suspended The provider answered with the code 300: the plan's quota is used up." in page


def test_update_of_an_open_page_is_a_part_of_it(console: Console, visitor: Visitor) -> None:
    tag = recorded(console)

    part = visitor.get(f"/message?tag={tag}", **{"HX-Request": "true"}).text

    assert tag in part
    assert "<html" not in part


def test_update_after_the_session_loads_the_login(console: Console) -> None:
    with console.visitor(None) as stranger:
        answer = stranger.get("/", **{"HX-Request": "true"})

    assert (answer.status_code, answer.headers["hx-refresh"]) == (204, "true")


def test_campaign_is_paused_and_resumed_after_previews(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    for _ in range(2):
        recorded(console, group=group, lane="bulk")

    preview = words_of(visitor.get(f"/campaign/pause?name={group}").text)
    visitor.post("/campaign/pause", {"name": group})
    paused = words_of(visitor.get(f"/campaign?name={group}").text)
    resuming = words_of(visitor.get(f"/campaign/resume?name={group}").text)
    visitor.post("/campaign/resume", {"name": group})
    resumed = words_of(visitor.get(f"/campaign?name={group}").text)

    assert "Wait here: they are not sent until you resume 2" in preview
    assert "Paused. Since" in paused
    assert "2 messages wait here." in paused
    assert "2 messages wait and are sent." in resuming
    assert "Paused." not in resumed


def test_campaign_gets_a_pace_and_a_window(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    recorded(console, group=group, lane="bulk")
    form = {"name": group, "rate": "5/second", "begin": "09:00", "end": "20:00", "days": "mon-fri", "holidays": "yes"}

    answer = visitor.post("/campaign/pace", form)
    page = words_of(visitor.get(f"/campaign?name={group}").text)

    assert answer.headers["location"] == f"/console/campaign?name={group}"
    assert "Pace 5/second" in page
    assert "09:00-20:00" in page


def test_wrong_window_is_explained(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    recorded(console, group=group, lane="bulk")

    answer = visitor.post("/campaign/pace", {"name": group, "begin": "09:00"})

    assert answer.status_code == 400
    assert "between must be" in words_of(answer.text)


def test_urgent_campaign_is_not_paused(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    recorded(console, group=group, lane="urgent")

    answer = visitor.post("/campaign/pause", {"name": group})

    assert answer.status_code == 409
    assert "Nothing was changed." in words_of(answer.text)


def test_messages_are_found_by_number_and_the_search_is_audited(console: Console, visitor: Visitor) -> None:
    ours, others = recorded(console, to="09033334444"), recorded(console, to="09033334444", team="other")

    page = visitor.post("/messages/number", {"number": "０９０−３３３３−４４４４"}).text
    wrong = visitor.post("/messages/number", {"number": "03"})

    assert ours in page
    assert others not in page
    assert "9033334444" not in page
    assert "number must be a Japanese mobile number" in words_of(wrong.text)
    last = next(console.store.audit.read())
    assert (last.action, last.actor.name) == ("find_number", "web")


def test_changes_are_in_the_audit_log(console: Console, visitor: Visitor, admin: Visitor) -> None:
    tag = recorded(console)
    visitor.post("/message/cancel", {"tag": tag})
    admin.post("/suppressions/add", {"number": "09033335555"})

    entries = [*islice(console.store.audit.read(), 2)][::-1]
    assert [(one.action, str(one.actor).partition("@")[0]) for one in entries] == [
        ("cancel", "key:web"),
        ("suppress", "login:aoki"),
    ]
    assert entries[0].details["client_tag"] == tag
