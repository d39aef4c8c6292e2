"""Finding messages by number over HTTP, and the audit log of API keys."""

from pathlib import Path

import pytest
from tests.integration.gateway.given import MESSAGE, NUMBER, Gateway, serving
from tests.integration.store.test_erasure import everything_in
from tests.support.store_helpers import claim_one, update_one

from zettai.core.states import State
from zettai.core.store.audit import ActorKind

INDEX_KEY = "a-key-of-the-index-that-is-for-tests"
PATH = "/v1/numbers/messages"
ERASE = "/v1/numbers/erase"


def test_messages_are_found_by_number(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url, INDEX_KEY=INDEX_KEY) as gateway:
        gateway.send({**MESSAGE, "client_tag": "t1"})
        gateway.send({**MESSAGE, "to": "09012345679"})

        found = gateway.ask("POST", PATH, {"number": "090-1234-5678"}, key="finder")
        of_another_key = gateway.ask("POST", PATH, {"number": "090-1234-5678"}, key="other")
        nothing = gateway.ask("POST", PATH, {"number": "08099999999"})
        wrong = gateway.ask("POST", PATH, {"number": "0312345678"})
        refused = gateway.ask("POST", PATH, {"number": "09012345678"}, key="reader")

        assert [one["client_tag"] for one in found.json["messages"]] == ["t1"]
        assert found.json["messages"][0]["to"] == "+81********78"
        assert gateway.ask("POST", PATH, {"number": "090-1234-5678"}).json == found.json
        assert of_another_key.json == nothing.json == {"messages": []}
        assert (wrong.status, wrong.json["errors"][0]["pointer"]) == (422, "#/number")
        assert refused.problem == "scope-missing"
        entry = next(gateway.store.audit.read())
        assert (entry.action, entry.actor.kind, entry.details) == ("find_number", ActorKind.KEY, {})
        assert "12345678" not in gateway.log.read_text()


def test_gateway_without_the_key_of_the_index_answers_501(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "log", redis_url, INDEX_KEY="") as gateway:
        answer = gateway.ask("POST", PATH, {"number": "09012345678"})

    assert (answer.status, answer.problem) == (501, "number-index-unavailable")


def test_person_is_erased_by_a_key_with_the_scope_admin(gateway: Gateway) -> None:
    for tag, key in (("open", "web"), ("sent", "other")):
        gateway.ask(
            "POST",
            "/v1/messages",
            {**MESSAGE, "to": "07087654321", "client_tag": tag, "metadata": {"name": "Kitagawa"}},
            key=key,
        )
    gateway.send({**MESSAGE, "to": "09012345679", "client_tag": "of-another-person"})
    claim_one(gateway.store, "sent")
    update_one(gateway.store, "sent", State.ACCEPTED)
    body = {"number": "070-8765-4321"}

    refused = gateway.ask("POST", ERASE, body)
    assert refused.problem == "scope-missing"
    assert gateway.ask("POST", ERASE, {"number": "0312345678"}, key="admin").status == 422
    first = gateway.ask("POST", ERASE, body, key="admin")
    assert (first.status, first.json) == (202, {"erased": 1, "pending": 1, "damaged": 0})
    update_one(gateway.store, "sent", State.DELIVERED, expected_states=frozenset({State.ACCEPTED}), claim_id=None)

    again = gateway.ask("POST", ERASE, {**body, "by_index": True}, key="admin")
    assert (again.status, again.json) == (200, {"erased": 0, "pending": 0, "damaged": 0})
    states = {tag: gateway.ask("GET", f"/v1/messages/{tag}", key="admin").json for tag in ("open", "sent")}
    assert [(one["state"], one["erased"]) for one in states.values()] == [("canceled", True), ("delivered", True)]
    assert [one for one in ("7087654321", "Kitagawa") if one in everything_in(gateway.store.redis)] == []
    entries = [one for one in gateway.store.audit.read() if one.action == "erase"]
    assert [(one.actor.kind, one.actor.name, one.details) for one in entries] == [
        (ActorKind.KEY, "admin", {"messages": "0"}),
        (ActorKind.KEY, "admin", {"messages": "2"}),
    ]
    assert "87654321" not in gateway.log.read_text()


@pytest.mark.parametrize(
    ("method", "path", "value"),
    [
        ("DELETE", f"/v1/messages/{'x' * 50_000}", None),
        ("PATCH", f"/v1/messages/{'x' * 50_000}", {"body": "x"}),
        ("DELETE", f"/v1/groups/{'x' * 50_000}", None),
        ("PATCH", f"/v1/campaigns/{'x' * 50_000}", {"paused": True}),
        ("POST", "/v1/suppressions", {"number": NUMBER, "scope": "x" * 1_000_000}),
        ("POST", "/v1/suppressions", {"number": NUMBER, "source": "x" * 1_000_000}),
        ("POST", "/v1/suppressions/remove", {"number": NUMBER, "scope": "x" * 1_000_000}),
    ],
)
def test_refused_request_fills_neither_the_audit_log_nor_the_log(
    gateway: Gateway, method: str, path: str, value: object
) -> None:
    before = gateway.log.stat().st_size

    answer = gateway.ask(method, path, value)

    assert answer.status in {404, 422}
    assert len(str(next(gateway.store.audit.read()))) < 1_000
    assert gateway.log.stat().st_size - before < 10_000


@pytest.mark.parametrize(
    ("method", "path", "body", "action", "details"),
    [
        ("DELETE", "/v1/messages/t1", None, "cancel", {"client_tag": "t1"}),
        ("PATCH", "/v1/messages/t1", {"body": "x"}, "replace", {"client_tag": "t1"}),
        ("DELETE", "/v1/groups/g", None, "cancel_group", {"group": "g"}),
        ("POST", "/v1/suppressions", {"number": "09012345678"}, "suppress", {"scope": "all"}),
        ("POST", "/v1/suppressions/remove", {"number": "09012345678"}, "unsuppress", {"scope": "all of them"}),
    ],
)
def test_action_of_a_key_is_in_the_audit_log_and_in_the_log(
    *, gateway: Gateway, method: str, path: str, body: object, action: str, details: dict[str, str]
) -> None:
    gateway.ask(method, path, body, key="other")

    entry = next(gateway.store.audit.read())
    assert (entry.action, entry.actor.name, entry.details) == (action, "other", details)
    assert f'"by": "{entry.actor}"' in gateway.log.read_text()
