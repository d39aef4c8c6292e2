"""The suppression list by HTTP."""

from pathlib import Path

import pytest
from tests.integration.gateway.given import MESSAGE, Gateway, serving

from zettai.core.store.suppressions import MOST_SCOPES

NUMBER = {"number": "090-7777-0001"}


def test_suppressed_number_is_returned_and_gets_no_message(gateway: Gateway) -> None:
    added = gateway.ask("POST", "/v1/suppressions", {**NUMBER, "source": "web-form"}, key="suppressor")
    again = gateway.ask("POST", "/v1/suppressions", NUMBER, key="suppressor")
    found = gateway.ask("POST", "/v1/suppressions/get", {"number": "+819077770001"}, key="suppressor")
    sent = gateway.send({**MESSAGE, "to": "09077770001"})

    assert (added.status, again.status, found.status) == (201, 200, 200)
    assert added.json == again.json == found.json
    assert found.json["suppressed"]
    [scope] = found.json["scopes"]
    assert (scope["scope"], scope["source"], scope["owner"]) == ("all", "web-form", "suppressor")
    assert (sent.status, sent.json["state"], sent.json["reason"]) == (201, "canceled", "suppressed")
    assert "77770001" not in gateway.log.read_text().replace("-", "")


def test_many_messages_count_the_suppressed_ones(gateway: Gateway) -> None:
    gateway.ask("POST", "/v1/suppressions", {"number": "09077770002", "scope": "marketing"})
    numbers = ("09077770002", "09077770003")

    many = gateway.send({"messages": [{**MESSAGE, "to": number} for number in numbers]})
    passing = gateway.send({**MESSAGE, "to": numbers[0], "category": "transactional"})

    assert (many.json["created"], many.json["suppressed"], many.json["refused"]) == (2, 1, 0)
    assert [one["message"]["state"] for one in many.json["results"]] == ["canceled", "queued"]
    assert (passing.json["state"], passing.json["category"]) == ("queued", "transactional")


def test_removed_number_gets_messages_again(gateway: Gateway) -> None:
    number = {"number": "09077770004"}
    for scope in ("all", "marketing"):
        gateway.ask("POST", "/v1/suppressions", {**number, "scope": scope})

    left = gateway.ask("POST", "/v1/suppressions/remove", {**number, "scope": "all"})
    removed = gateway.ask("POST", "/v1/suppressions/remove", number)
    repeated = gateway.ask("POST", "/v1/suppressions/remove", number)

    assert [one["scope"] for one in left.json["scopes"]] == ["marketing"]
    assert removed.json == repeated.json == {"suppressed": False, "scopes": []}
    assert gateway.send({**MESSAGE, "to": number["number"]}).json["state"] == "queued"


def test_key_that_has_a_hundred_scopes_of_a_number_can_still_suppress_it(gateway: Gateway) -> None:
    """Without a limit, one key makes each look at the number slow, and Redis with it."""
    number = {"number": "09077770077"}
    for scope in range(MOST_SCOPES):
        assert gateway.ask("POST", "/v1/suppressions", {**number, "scope": f"s{scope}"}).status == 201

    refused = gateway.ask("POST", "/v1/suppressions", {**number, "scope": "more"})

    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "#/scope")
    assert refused.json["errors"][0]["code"] == "too_many_scopes"
    assert gateway.ask("POST", "/v1/suppressions", {**number, "scope": "s1"}).status == 200
    assert gateway.ask("POST", "/v1/suppressions", {**number, "scope": "more"}, key="other").status == 201
    assert gateway.ask("POST", "/v1/suppressions", number).status == 201


def test_key_sees_and_removes_only_its_own_suppressions(gateway: Gateway) -> None:
    number = {"number": "09077770005"}
    gateway.ask("POST", "/v1/suppressions", number)

    assert gateway.ask("POST", "/v1/suppressions/get", number, key="other").json["scopes"] == []
    gateway.ask("POST", "/v1/suppressions/remove", number, key="other")
    assert gateway.send({**MESSAGE, "to": number["number"]}, key="other").json["state"] == "canceled"
    assert gateway.ask("POST", "/v1/suppressions", number, key="other").status == 201
    gateway.ask("POST", "/v1/suppressions/remove", number)
    assert gateway.send({**MESSAGE, "to": number["number"]}).json["state"] == "canceled"

    everything = gateway.ask("POST", "/v1/suppressions/get", number, key="admin").json["scopes"]
    assert [one["owner"] for one in everything] == ["other"]
    gateway.ask("POST", "/v1/suppressions/remove", number, key="admin")
    assert gateway.send({**MESSAGE, "to": number["number"]}).json["state"] == "queued"


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        ("", {"number": "0312345678"}, "#/number"),
        ("", {**NUMBER, "scope": "no blanks"}, "#/scope"),
        ("", {**NUMBER, "source": "x" * 41}, "#/source"),
        ("", {"to": "09012345678"}, "#/number"),
        ("/remove", {**NUMBER, "scope": ""}, "#/scope"),
        ("/get", {"number": ""}, "#/number"),
    ],
)
def test_invalid_suppression_is_refused(gateway: Gateway, path: str, value: dict[str, str], pointer: str) -> None:
    before = gateway.store.suppressions.count()

    answer = gateway.ask("POST", f"/v1/suppressions{path}", value)

    assert (answer.status, answer.problem, answer.json["errors"][0]["pointer"]) == (422, "invalid-request", pointer)
    assert "0312345678" not in answer.body.decode()
    assert gateway.store.suppressions.count() == before


def test_other_keys_may_not_suppress(gateway: Gateway) -> None:
    for key in ("sender", "reader", "canceler"):
        assert gateway.ask("POST", "/v1/suppressions", NUMBER, key=key).problem == "scope-missing"


def test_gateway_without_the_key_of_the_list_answers_501(tmp_path: Path, redis_url: str) -> None:
    with serving(tmp_path / "with", redis_url) as gateway:
        gateway.ask("POST", "/v1/suppressions", NUMBER)
    with serving(tmp_path / "without", redis_url, SUPPRESSION_KEY="another key of 32 characters or more") as gateway:
        refused = gateway.ask("POST", "/v1/suppressions/get", NUMBER)
        unsent = gateway.send({**MESSAGE, "client_tag": "t1"})

    assert (refused.status, refused.problem) == (501, "suppression-list-unavailable")
    assert (unsent.status, unsent.problem) == (501, "suppression-list-unavailable")
    assert gateway.store is not None
