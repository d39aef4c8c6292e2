"""`DELETE`: one message, or a group."""

from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.integration.gateway.given import MESSAGE, Gateway
from tests.support.store_helpers import claim_one, update_one

from zettai.core.lanes import Lane
from zettai.core.states import State


def a_message(gateway: Gateway, state: State | None = None, **fields: str) -> str:
    """A message, moved to a state as a worker would."""
    tag = str(gateway.send({**MESSAGE, **fields}).json["client_tag"])
    if state is not None:
        claim_one(gateway.store, tag)
    if state not in {None, State.SUBMITTING}:
        update_one(gateway.store, tag, state)
    return tag


def test_what_is_not_sent_is_canceled(gateway: Gateway) -> None:
    """At once, and again; the message is told of as before."""
    tag = a_message(gateway)

    for _ in range(2):
        answer = gateway.ask("DELETE", f"/v1/messages/{tag}")
        assert (answer.status, answer.json) == (200, {"client_tag": tag, "outcome": "canceled"})
    assert gateway.ask("GET", f"/v1/messages/{tag}").json["state"] == "canceled"


def test_what_is_being_sent_is_pending(gateway: Gateway) -> None:
    """The wish is recorded."""
    tag = a_message(gateway, State.SUBMITTING)

    answer = gateway.ask("DELETE", f"/v1/messages/{tag}")

    assert (answer.status, answer.json["outcome"]) == (202, "pending")
    assert gateway.ask("GET", f"/v1/messages/{tag}").json["cancel_requested"] is True


def test_what_the_provider_holds_is_pending(gateway: Gateway) -> None:
    """A worker is woken to tell the provider."""
    waiting = gateway.store.queue_length(Lane.URGENT)

    answer = gateway.ask("DELETE", f"/v1/messages/{a_message(gateway, State.SCHEDULED)}")

    assert (answer.status, answer.json["outcome"]) == (202, "pending")
    assert gateway.store.queue_length(Lane.URGENT) == waiting + 1


def test_what_was_sent_cannot_be_canceled(gateway: Gateway) -> None:
    """It is too late."""
    answer = gateway.ask("DELETE", f"/v1/messages/{a_message(gateway, State.DELIVERED)}")

    assert (answer.status, answer.problem, answer.json["outcome"]) == (409, "too-late", "too_late")


@pytest.mark.parametrize("tag", ["nobody", "%20", ""])
def test_an_unknown_message_is_not_found(gateway: Gateway, tag: str) -> None:
    """Also one that cannot be."""
    answer = gateway.ask("DELETE", f"/v1/messages/{tag}")

    assert (answer.status, answer.problem, answer.json["outcome"]) == (404, "not-found", "not_found")


def test_a_group_is_canceled(gateway: Gateway) -> None:
    """What became of each is counted; nobody else's messages are touched."""
    group, other = f"summer/{uuid4()}", a_message(gateway)
    for state in (None, None, State.DELIVERED):
        a_message(gateway, state, group=group)

    answer = gateway.ask("DELETE", f"/v1/groups/{quote(group, safe='')}")

    assert answer.status == 200
    assert answer.json == {"group": group, "canceled": 2, "pending": 0, "too_late": 1}
    assert gateway.ask("GET", f"/v1/messages/{other}").json["state"] == "queued"


def test_a_group_with_reservations_is_pending(gateway: Gateway) -> None:
    """They are cancelled at the provider."""
    group = str(uuid4())
    a_message(gateway, State.SCHEDULED, group=group)

    answer = gateway.ask("DELETE", f"/v1/groups/{group}")

    assert (answer.status, answer.json["pending"]) == (202, 1)


@pytest.mark.parametrize(("group", "status"), [("nobodys", 200), ("%20", 404), ("", 404)])
def test_a_group_without_messages(gateway: Gateway, group: str, status: int) -> None:
    """One that nobody used is no error; what cannot be one cancels nothing, and above all not everything."""
    kept = a_message(gateway)

    assert gateway.ask("DELETE", f"/v1/groups/{group}").status == status

    assert gateway.ask("GET", f"/v1/messages/{kept}").json["state"] == "queued"
