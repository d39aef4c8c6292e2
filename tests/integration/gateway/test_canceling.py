"""`DELETE`: one message, or a group."""

from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.integration.gateway.given import MESSAGE, Gateway
from tests.support.store_helpers import claim_one, update_one

from zettai.core.lanes import Lane
from zettai.core.states import State


def a_message(gateway: Gateway, state: State | None = None, **fields: str) -> str:
    """Create a message, and move it to a state as a worker does."""
    tag = str(gateway.send({**MESSAGE, **fields}).json["client_tag"])
    if state is not None:
        claim_one(gateway.store, tag)
    if state not in {None, State.SUBMITTING}:
        update_one(gateway.store, tag, state)
    return tag


def test_unsent_message_is_canceled(gateway: Gateway) -> None:
    tag = a_message(gateway)

    for _ in range(2):
        answer = gateway.ask("DELETE", f"/v1/messages/{tag}")
        assert (answer.status, answer.json) == (200, {"client_tag": tag, "outcome": "canceled"})
    assert gateway.ask("GET", f"/v1/messages/{tag}").json["state"] == "canceled"


def test_cancel_of_a_message_in_flight_is_pending(gateway: Gateway) -> None:
    tag = a_message(gateway, State.SUBMITTING)

    answer = gateway.ask("DELETE", f"/v1/messages/{tag}")

    assert (answer.status, answer.json["outcome"]) == (202, "pending")
    assert gateway.ask("GET", f"/v1/messages/{tag}").json["cancel_requested"] is True


def test_cancel_of_a_reserved_message_is_pending(gateway: Gateway) -> None:
    waiting = gateway.store.queue_length(Lane.URGENT)

    answer = gateway.ask("DELETE", f"/v1/messages/{a_message(gateway, State.SCHEDULED)}")

    assert (answer.status, answer.json["outcome"]) == (202, "pending")
    assert gateway.store.queue_length(Lane.URGENT) == waiting + 1


def test_sent_message_cannot_be_canceled(gateway: Gateway) -> None:
    answer = gateway.ask("DELETE", f"/v1/messages/{a_message(gateway, State.DELIVERED)}")

    assert (answer.status, answer.problem, answer.json["outcome"]) == (409, "too-late", "too_late")


@pytest.mark.parametrize("tag", ["nobody", "%20", ""])
def test_cancel_of_an_unknown_message_is_not_found(gateway: Gateway, tag: str) -> None:
    answer = gateway.ask("DELETE", f"/v1/messages/{tag}")

    assert (answer.status, answer.problem, answer.json["outcome"]) == (404, "not-found", "not_found")


def test_group_is_canceled(gateway: Gateway) -> None:
    group, other = f"summer/{uuid4()}", a_message(gateway)
    for state in (None, None, State.DELIVERED):
        a_message(gateway, state, group=group)

    answer = gateway.ask("DELETE", f"/v1/groups/{quote(group, safe='')}")

    assert answer.status == 200
    assert answer.json == {"group": group, "canceled": 2, "pending": 0, "too_late": 1}
    assert gateway.ask("GET", f"/v1/messages/{other}").json["state"] == "queued"


def test_cancel_of_a_group_with_reservations_is_pending(gateway: Gateway) -> None:
    group = str(uuid4())
    a_message(gateway, State.SCHEDULED, group=group)

    answer = gateway.ask("DELETE", f"/v1/groups/{group}")

    assert (answer.status, answer.json["pending"]) == (202, 1)


@pytest.mark.parametrize(("group", "status"), [("nobodys", 200), ("%20", 404), ("", 404)])
def test_cancel_of_an_empty_group_cancels_nothing(gateway: Gateway, group: str, status: int) -> None:
    kept = a_message(gateway)

    assert gateway.ask("DELETE", f"/v1/groups/{group}").status == status

    assert gateway.ask("GET", f"/v1/messages/{kept}").json["state"] == "queued"
