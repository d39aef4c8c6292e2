"""Who may open the console and do what: logins, rights, forged requests, and what a page never shows."""

import json
import re
from pathlib import Path
from uuid import uuid4

import pytest
from tests.integration.console.given import OURS, Console, Visitor, serving
from tests.support.stack import eventually
from tests.support.store_helpers import accepted, new_message, state_of

from zettai import State
from zettai.gateway.api_keys import Scope, new_key
from zettai_console.app import POLICY, View
from zettai_console.pages import VIEWS
from zettai_console.security.login_limit import MOST, WINDOW, counted_address

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


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "/a\nb"])
def test_login_leads_to_no_other_site(console: Console, target: str) -> None:
    with console.visitor(None) as stranger:
        assert stranger.log_in(console.keys["web"], to=target).headers["location"] == "/console/"


@pytest.mark.parametrize("key", ["", "zettai_unknown", "prometheus"])
def test_key_that_is_unknown_or_may_not_read_is_refused(console: Console, key: str) -> None:
    with console.visitor(None) as stranger:
        answer = stranger.log_in(console.keys.get(key, key))

        assert answer.status_code == 401
        assert stranger.get("/").status_code == 303


def test_failed_logins_of_an_address_are_limited_in_all_processes(tmp_path: Path, redis_url: str) -> None:
    """The address is that of the browser, as a trusted proxy names it."""
    there, elsewhere = {"X-Forwarded-For": "192.0.2.7"}, {"X-Forwarded-For": "192.0.2.8"}
    with (
        serving(tmp_path / "a", redis_url, REPORT_PROXIES="127.0.0.1") as first,
        serving(tmp_path / "b", redis_url, REPORT_PROXIES="127.0.0.1") as second,
        first.visitor(None, **there) as attacker,
        second.visitor(None, **there) as neighbor,
        second.visitor(None, **elsewhere) as other,
    ):
        assert [attacker.log_in("zettai_guessed").status_code for _ in range(MOST)] == [401] * MOST
        refused = neighbor.log_in(second.keys["web"])
        assert other.log_in(second.keys["web"]).status_code == 303
        first.store.redis.delete(first.store.keys.failed_logins("192.0.2.7"))
        assert neighbor.log_in(second.keys["web"]).status_code == 303
        assert "console_login_limited" in second.log.read_text()

    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW.total_seconds()
    assert "Too many logins from your address have failed." in refused.text


def test_login_that_succeeds_ends_the_count(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url) as console, console.visitor(None) as visitor:
        for key in 2 * [*["zettai_guessed"] * (MOST - 1), console.keys["web"]]:
            status = visitor.log_in(key).status_code

    assert status == 303


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::"),
        (None, "unknown"),
    ],
)
def test_ipv6_address_counts_with_its_network(host: str | None, counted: str) -> None:
    assert counted_address(host) == counted


def test_cookie_is_hidden_from_scripts_and_from_other_sites(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url, CONSOLE_HTTPS="yes") as console, console.visitor(None) as stranger:
        cookie = stranger.get("/login").headers["set-cookie"].lower()

    assert cookie.startswith("zettai_console=")
    assert {"httponly", "secure", "samesite=lax", "path=/console"} <= set(cookie.split("; "))


def test_forged_cookie_is_no_login(console: Console) -> None:
    with console.visitor(None) as stranger:
        stranger.http.cookies.set("zettai_console", "eyJrZXkiOiAiYWJjIn0=.aaaaaa.bbbbbb", path="/console")

        assert stranger.get("/").status_code == 303


def test_logout_ends_the_session(console: Console, visitor: Visitor) -> None:
    assert visitor.get("/").status_code == 200

    visitor.post("/logout")

    assert visitor.get("/").status_code == 303


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


@pytest.mark.parametrize(
    ("user", "status"), [("aoki@example.com", 200), ("sato", 200), ("someone else", 403), ("", 303)]
)
def test_role_of_a_user_of_the_proxy_decides(console: Console, user: str, status: int) -> None:
    with console.visitor(None, **{"X-Forwarded-User": user}) as visitor:
        assert visitor.get("/upload").status_code == status


def test_header_of_a_user_is_not_believed_from_another_address(tmp_path: Path, redis_url: str) -> None:
    users = {"CONSOLE_USERS": "*=admin", "CONSOLE_PROXIES": "192.0.2.1"}
    # The address that a trusted proxy of the gateway names is not the address of the proxy.
    with (
        serving(tmp_path / "log", redis_url, REPORT_PROXIES="127.0.0.1", **users) as console,
        console.visitor(None, **{"X-Forwarded-User": "aoki", "X-Forwarded-For": "192.0.2.1"}) as stranger,
    ):
        assert stranger.get("/").status_code == 303


def test_session_ends_when_its_key_is_removed(tmp_path: Path, redis_url: str) -> None:
    log = tmp_path / "log"
    with serving(log, redis_url) as console, console.visitor() as visitor:
        assert visitor.get("/").status_code == 200
        keys = log.with_suffix(".keys")
        others = [line for line in keys.read_text(encoding="utf-8").splitlines() if not line.startswith("web:")]
        keys.write_text("\n".join(others), encoding="utf-8")

        eventually(lambda: visitor.get("/").status_code == 303, "the session has ended")


@pytest.mark.parametrize("option", ["expires=2026-01-01T00:00+09:00", "from=192.0.2.1", "accounts=other"])
def test_key_that_has_expired_or_is_for_another_address_or_account_is_refused(
    tmp_path: Path, redis_url: str, option: str
) -> None:
    key, stored = new_key("aoki", [Scope.READ])
    with (
        serving(tmp_path / "log", redis_url, GATEWAY_KEYS=f"{stored}:{option}") as console,
        console.visitor(None) as stranger,
    ):
        assert stranger.log_in(key).status_code == 401
        assert stranger.get("/").status_code == 303


def test_large_form_is_refused(visitor: Visitor) -> None:
    answer = visitor.post("/suppressions/check", {"number": "0" * 300_000})

    assert answer.status_code == 413


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
