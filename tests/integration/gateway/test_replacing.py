"""`PATCH`: a message is replaced by another one."""

from datetime import timedelta

import pytest
from tests.integration.gateway.given import MESSAGE, Answer, Gateway
from tests.support.store_helpers import claim_one, update_one

from zettai.core.states import State
from zettai.core.times import now

AT = (now() + timedelta(days=1)).isoformat()


def reserved(gateway: Gateway, state: State = State.SCHEDULED) -> str:
    """Record a reservation, move it to a state, and return its tag."""
    tag = str(gateway.send({**MESSAGE, "send_at": AT}).json["client_tag"])
    claim_one(gateway.store, tag)
    update_one(gateway.store, tag, state, due_in=timedelta(days=1))
    return tag


def patch(gateway: Gateway, tag: str, **body: object) -> Answer:
    """Replace a message."""
    return gateway.ask("PATCH", f"/v1/messages/{tag}", body)


def test_unsent_message_is_replaced(gateway: Gateway) -> None:
    tag = str(gateway.send({**MESSAGE, "send_at": AT}).json["client_tag"])

    for _ in range(2):
        answer = patch(gateway, tag, body="another text", client_tag=f"{tag}-2")
        assert (answer.status, answer.json["outcome"], answer.json["replaced_by"]) == (200, "replaced", f"{tag}-2")
    assert answer.json["message"]["replaces"] == tag
    assert gateway.ask("GET", f"/v1/messages/{tag}").json["replaced_by"] == f"{tag}-2"


def test_replacement_of_a_reserved_message_is_pending(gateway: Gateway) -> None:
    tag = reserved(gateway)

    answer = patch(gateway, tag, body="another text")

    assert (answer.status, answer.json["outcome"], answer.json["message"]) == (202, "pending", None)
    again = patch(gateway, answer.json["replaced_by"], body="a third text")
    assert (again.status, again.problem) == (409, "replacement-pending")


def test_sent_message_cannot_be_replaced(gateway: Gateway) -> None:
    answer = patch(gateway, reserved(gateway, State.DELIVERED), body="another text")

    assert (answer.status, answer.problem, answer.json["outcome"]) == (409, "too-late", "too_late")


def test_unknown_message_is_not_found(gateway: Gateway) -> None:
    assert patch(gateway, "unknown-tag", body="another text").problem == "not-found"


def test_tag_in_use_is_a_conflict(gateway: Gateway) -> None:
    tag = reserved(gateway)

    assert patch(gateway, tag, body="another text", client_tag=tag).problem == "tag-conflict"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, "#/send_at"),
        ({"body": ""}, "#/body"),
        ({"send_at": "2020-01-01T00:00:00Z"}, "#/send_at"),
        ({"x": 1}, "#/x"),
    ],
)
def test_invalid_change_is_refused(gateway: Gateway, change: dict[str, object], pointer: str) -> None:
    answer = patch(gateway, reserved(gateway), **change)

    assert (answer.status, answer.problem, answer.json["errors"][0]["pointer"]) == (422, "invalid-request", pointer)


@pytest.mark.parametrize("key", ["sender", "canceler"])
def test_key_needs_both_scopes(gateway: Gateway, key: str) -> None:
    answer = gateway.ask("PATCH", "/v1/messages/x", {"body": "another text"}, key=key)

    assert (answer.status, answer.problem) == (403, "scope-missing")
