"""What the pages show and change, without workers and without a browser."""

import re
from itertools import islice
from uuid import uuid4

import pytest
from tests.integration.console.given import OURS, Console, Visitor
from tests.integration.console.records import ended, recorded, words_of
from tests.support.store_helpers import (
    MINUTE,
    accepted,
    claim_one,
    state_of,
    update_one,
)

from zettai import State
from zettai.core.store import StateUpdate


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
