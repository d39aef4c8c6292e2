"""What a user may open and change, forged requests, and what a page never shows."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from tests.integration.console.given import OURS, Console, Visitor, serving
from tests.support.store_helpers import accepted, new_message, state_of

from zettai import State
from zettai_console.app import POLICY, View
from zettai_console.pages import VIEWS

NUMBER = "09066664711"
INTERNATIONAL = "+819066664711"
TEXT = "極秘の本文4711"
VALUE = "metadata-4711"

PAGES = [view for view in VIEWS if view.method == "GET" and view.path not in {"/login", "/language"}]
CHANGES = [view for view in VIEWS if view.method == "POST" and view.right is not None]


def recorded(console: Console, **fields: object) -> str:
    """Record a message with personal data, and return its tag."""
    given = {"to": NUMBER, "body": TEXT, "metadata": {"order": VALUE}, "client_tag": f"t-{uuid4()}"}
    message = new_message(**given, **OURS, **fields)
    console.store.create([message])
    return message.client_tag


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.path)
def test_page_without_login_leads_to_the_login(console: Console, view: View) -> None:
    with console.visitor(None) as stranger:
        answer = stranger.get(view.path)

        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/console/login")


def test_login_leads_back_to_the_page(console: Console) -> None:
    tag = recorded(console)
    with console.visitor(None) as stranger:
        wanted = stranger.get(f"/message?tag={tag}").headers["location"]
        assert wanted == f"/console/login?next=%2Fmessage%3Ftag%3D{tag}"

        answer = stranger.log_in(console.keys["reader"], to=f"/message?tag={tag}")

        assert answer.headers["location"] == f"/console/message?tag={tag}"
        assert tag in stranger.get(f"/message?tag={tag}").text


def test_reader_sees_no_page_for_changes(reader: Visitor) -> None:
    refused = {view.path for view in PAGES if reader.get(view.path).status_code == 403}

    changes = {"/message/cancel", *(f"/campaign/{action}" for action in ("cancel", "pause", "resume", "pace"))}
    assert refused == {*changes, "/upload", "/suppressions"}
    start = reader.get("/").text
    assert "/console/messages" in start
    assert "/console/upload" not in start
    assert "/console/suppressions" not in start


@pytest.mark.parametrize("view", CHANGES, ids=lambda view: view.path)
def test_reader_changes_nothing(console: Console, reader: Visitor, view: View) -> None:
    tag = recorded(console, group=f"g-{uuid4()}")

    answer = reader.post(view.path, {"tag": tag, "name": "g", "number": NUMBER, "body": "x"})

    assert answer.status_code == 403
    assert state_of(console.store, tag) is State.QUEUED


@pytest.mark.parametrize("view", CHANGES, ids=lambda view: view.path)
@pytest.mark.parametrize("forgery", ["no token", "another session's token", "another site"])
def test_forged_request_changes_nothing(console: Console, visitor: Visitor, view: View, forgery: str) -> None:
    tag = recorded(console)
    form = {"tag": tag, "name": "g", "number": NUMBER, "body": "x"}
    match forgery:
        case "no token":
            answer = visitor.post(view.path, form, token="")
        case "another session's token":
            with console.visitor("web") as other:
                answer = visitor.post(view.path, form, token=other.token())
        case _:
            answer = visitor.post(view.path, form, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert "out of date" in answer.text
    assert state_of(console.store, tag) is State.QUEUED


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.path)
def test_page_has_nothing_inline_and_nothing_from_elsewhere(visitor: Visitor, view: View) -> None:
    answer = visitor.get(view.path)

    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", answer.text) == []
    assert set(re.findall(r'(?:src|href|action)="([a-z]+:|//)', answer.text)) <= {"data:"}


def test_static_file_is_kept_by_browsers_under_an_address_of_its_content(visitor: Visitor) -> None:
    [style] = re.findall(r'href="/console(/static/console.css\?v=\w+)"', visitor.get("/").text)

    assert "immutable" in visitor.get(style).headers["cache-control"]
    assert visitor.get("/static/../app.py").status_code == 404


@pytest.mark.parametrize("view", PAGES, ids=lambda view: view.path)
def test_no_page_shows_a_number_or_a_text_without_the_right(console: Console, visitor: Visitor, view: View) -> None:
    group = f"g-{uuid4()}"
    tags = [recorded(console, group=group), accepted(console.store, to=NUMBER, body=TEXT, group=group, **OURS)]

    for tag in tags:
        for query in (f"tag={tag}&name={group}", f"group={group}", "state=queued", f"state=expired&group={group}"):
            page = visitor.get(f"{view.path}?{query}").text
            found = [one for one in (NUMBER, INTERNATIONAL, NUMBER[1:], TEXT, VALUE) if one in page]
            assert found == []


def test_administrator_sees_the_number_the_text_and_the_metadata(console: Console, admin: Visitor) -> None:
    tag = recorded(console)
    with console.visitor("boss") as boss:
        pages = [visitor.get(f"/message?tag={tag}").text for visitor in (admin, boss)]

    assert all(one in page for page in pages for one in (INTERNATIONAL, TEXT, VALUE))


def test_each_view_of_personal_data_is_audited(console: Console, admin: Visitor, visitor: Visitor) -> None:
    """An update of the open page has none of it, and neither has a list."""
    group = f"g-{uuid4()}"
    tag = recorded(console, group=group)
    page = admin.get(f"/message?tag={tag}").text
    update = admin.get(f"/message?tag={tag}", **{"HX-Request": "true"}).text
    lists = [
        admin.get(f"{path}?group={group}&state=queued&tag={tag}").text for path in ("/messages", "/message/cancel")
    ]
    visitor.get(f"/message?tag={tag}")

    assert INTERNATIONAL in page
    assert 'id="personal" hx-preserve' in update
    assert [one for text in (update, *lists) for one in (INTERNATIONAL, TEXT, VALUE) if one in text] == []
    entries = [entry for entry in console.store.audit.read() if entry.details.get("client_tag") == tag]
    assert [(entry.action, entry.actor.name) for entry in entries] == [("show_message", "aoki@example.com")]


def test_key_of_another_team_sees_and_changes_nothing(console: Console) -> None:
    group = f"g-{uuid4()}"
    tag = recorded(console, group=group)
    letter = recorded(console, group=group)
    console.store.cancel([letter])
    with console.visitor("web") as ours, console.visitor("stranger") as stranger:
        pages = ("/campaigns", f"/messages?group={group}", "/messages?state=queued", f"/messages?tag={tag}")
        assert all(tag in ours.get(path).text or group in ours.get(path).text for path in pages[:3])
        shown = [stranger.get(path).text.partition("<table")[2] for path in pages]
        assert [one for one in shown if tag in one or group in one] == []
        for path in (f"/message?tag={tag}", f"/message/cancel?tag={tag}", f"/campaign?name={group}"):
            assert stranger.get(path).status_code == 404, path
        stranger.post("/message/cancel", {"tag": tag})
        stranger.post("/campaign/cancel", {"name": group})
        again = stranger.post("/dead-letters/send", {"tag": letter, "body": "x", "twice": "yes"})

    assert letter not in again.text
    assert state_of(console.store, tag) is State.QUEUED


def test_file_belongs_to_its_sender_and_takes_no_tag_of_others(console: Console, visitor: Visitor) -> None:
    group = f"g-{uuid4()}"
    content = f"to,body,client_tag\n09011112223,{group},stranger:{group}\n09011112224,{group},support:{group}\n"
    files = {"file": ("list.csv", content.encode())}
    checked = visitor.post("/upload/check", {"group": group}, files=files).text
    assert "client_tag: is already used for another message" in checked
    [signed] = re.findall(r'name="signed" value="([^"]+)"', checked)

    visitor.post("/upload/send", {"group": group, "signed": signed, "confirmed": "yes"}, files=files)

    [message] = console.store.find(group=group)
    assert (message.client_tag, message.created_by, message.team) == (f"support:{group}", "web", "support")


def test_large_form_is_refused(visitor: Visitor) -> None:
    answer = visitor.post("/suppressions/check", {"number": "0" * 300_000})

    assert (answer.status_code, "It may have 200.0 kB at most." in answer.text) == (413, True)


def test_gateway_serves_the_console_beside_the_api(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url, "gateway", CONSOLE="yes") as console, console.visitor() as visitor:
        api = visitor.http.get("/v1/messages", headers={"Authorization": f"Bearer {console.keys['web']}"})

        assert visitor.get("/").status_code == 200
        assert api.json() == {"messages": [], "next": None}
        assert visitor.http.get("/console").headers["location"] == "/console/"


def test_gateway_without_the_setting_has_no_console(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url, "gateway") as console, console.visitor(None) as stranger:
        assert stranger.get("/").status_code == 404


def test_log_names_the_user_and_the_page_and_nothing_personal(console: Console, visitor: Visitor) -> None:
    tag = recorded(console)
    visitor.get(f"/message?tag={tag}")
    visitor.post("/suppressions/check", {"number": NUMBER})
    visitor.post("/message/cancel", {"tag": tag})

    text = console.log.read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert {"action": "cancel", "user": "web", "client_tag": tag, "outcome": "canceled"}.items() <= next(
        line for line in lines if line["event"] == "console_change" and line.get("client_tag") == tag
    ).items()
    assert any(line.get("route") == "/console/message" and line["key"] == "web" for line in lines)
    assert [one for one in (NUMBER, INTERNATIONAL, TEXT, console.keys["web"]) if one in text] == []
