"""What an API key can do with messages of another one: nothing, and it finds out nothing about them."""

from uuid import uuid4

import pytest
from tests.integration.gateway.given import MESSAGE, NUMBER, Gateway

from zettai.core.states import State
from zettai.core.store.scripts import MOST_CONFLICTS
from zettai.gateway.idempotency import client_tag_of

FAR = "2099-08-01T09:00:00+09:00"


def code(number: int) -> dict[str, str]:
    """Return a message whose text can be guessed."""
    return {"to": NUMBER, "body": f"Your code is {number:06}"}


def a_tag(gateway: Gateway, **fields: str) -> str:
    """Send a message of the key `web`, and return its tag."""
    tag = f"owned-{uuid4()}"
    assert gateway.send({**code(123_456), "client_tag": tag, **fields}).status == 201
    return tag


def state_of(gateway: Gateway, tag: str) -> State:
    message = gateway.store.get([tag])[0]
    assert message is not None
    return message.state


def test_text_of_another_key_cannot_be_found_out(gateway: Gateway) -> None:
    """The attack: one request for each code. Every answer is the same, also the one to the right text."""
    tag = a_tag(gateway)
    guesses = [gateway.send({**code(number), "client_tag": tag}, key="other") for number in range(123_450, 123_470)]

    [answer] = {(one.status, str({**one.json, "instance": None})) for one in guesses}
    assert answer[0] == 409
    assert gateway.send({**code(123_456), "client_tag": tag}).status == 200  # others do not use up the owner's tries


def test_own_text_cannot_be_found_out_by_many_tries(gateway: Gateway) -> None:
    """A key that may only send, and has leaked."""
    tag = a_tag(gateway)
    wrong = [gateway.send({**code(number), "client_tag": tag}).status for number in range(MOST_CONFLICTS)]

    assert wrong == [409] * MOST_CONFLICTS
    assert gateway.send({**code(123_456), "client_tag": tag}).status == 409


def test_replaced_text_cannot_be_found_out_by_many_tries(gateway: Gateway) -> None:
    tag = a_tag(gateway, send_at=FAR)
    path, right = f"/v1/messages/{tag}", {"body": "Your code is 777777"}
    assert gateway.ask("PATCH", path, right).json["outcome"] == "replaced"
    assert gateway.ask("PATCH", path, right).json["outcome"] == "replaced"
    for number in range(MOST_CONFLICTS):
        assert gateway.ask("PATCH", path, {"body": f"Your code is {number:06}"}).problem == "too-late"

    assert gateway.ask("PATCH", path, right).problem == "too-late"


def test_messages_of_another_key_are_not_found(gateway: Gateway) -> None:
    tag = a_tag(gateway, send_at=FAR)
    requests = (("GET", None), ("DELETE", None), ("PATCH", {"body": "mine"}))
    answers = [gateway.ask(method, f"/v1/messages/{tag}", value, key="other") for method, value in requests]
    unknown = [gateway.ask(method, "/v1/messages/unknown", value, key="other") for method, value in requests]

    assert [one.status for one in answers] == [404, 404, 404]
    assert [{**one.json, "instance": None} for one in answers] == [{**one.json, "instance": None} for one in unknown]
    assert state_of(gateway, tag) is State.QUEUED


def test_lists_have_only_own_messages(gateway: Gateway) -> None:
    group = f"group-{uuid4()}"
    ours = [a_tag(gateway, group=group) for _ in range(3)]
    theirs = gateway.send({**MESSAGE, "group": group}, key="other").json["client_tag"]

    def listed(query: str, key: str) -> set[str]:
        return {one["client_tag"] for one in gateway.ask("GET", f"/v1/messages?{query}", key=key).json["messages"]}

    assert listed(f"group={group}", "web") == set(ours)
    assert listed(f"group={group}", "other") == {theirs}
    assert listed(f"group={group}", "admin") == {theirs, *ours}
    for query in ("limit=500", "state=queued&limit=500"):
        assert theirs in listed(query, "other")
        assert not listed(query, "other") & set(ours)
        assert listed(query, "reader") == set()


def test_pages_have_each_own_message_once(gateway: Gateway) -> None:
    group = f"group-{uuid4()}"
    made = gateway.send({"messages": [{**MESSAGE, "group": group} for _ in range(7)]}, key="sender").json["results"]
    found, cursor = [], ""
    while cursor is not None:
        page = gateway.ask("GET", f"/v1/messages?limit=3{cursor and '&cursor=' + cursor}", key="sender-reader").json
        found += [one["client_tag"] for one in page["messages"] if one["group"] == group]
        cursor = page["next"]

    assert sorted(found) == sorted(one["message"]["client_tag"] for one in made)


def test_cancel_of_a_group_leaves_the_messages_of_others(gateway: Gateway) -> None:
    group = f"group-{uuid4()}"
    tag = a_tag(gateway, group=group)
    theirs = gateway.send({**MESSAGE, "group": group}, key="other").json["client_tag"]

    assert gateway.ask("DELETE", f"/v1/groups/{group}", key="other").json["canceled"] == 1
    assert (state_of(gateway, tag), state_of(gateway, theirs)) == (State.QUEUED, State.CANCELED)


def test_admin_reads_and_cancels_messages_of_all(gateway: Gateway) -> None:
    tag = a_tag(gateway)

    assert gateway.ask("GET", f"/v1/messages/{tag}", key="admin").json["created_by"] == "web"
    assert gateway.ask("DELETE", f"/v1/messages/{tag}", key="admin").json["outcome"] == "canceled"


def test_keys_of_a_team_share_their_messages(gateway: Gateway) -> None:
    tag = f"owned-{uuid4()}"
    sent = gateway.send({**MESSAGE, "client_tag": tag}, key="shop-1")
    repeated = gateway.send({**MESSAGE, "client_tag": tag}, key="shop-2")

    assert (sent.status, repeated.status) == (201, 200)
    assert gateway.ask("GET", f"/v1/messages/{tag}", key="shop-2").json["created_by"] == "shop-1"
    assert gateway.ask("GET", f"/v1/messages/{tag}", key="web").status == 404
    assert gateway.ask("DELETE", f"/v1/messages/{tag}", key="shop-2").json["outcome"] == "canceled"


def test_tags_that_begin_with_the_name_of_an_owner_are_kept_for_it(gateway: Gateway) -> None:
    """The attack: use a tag before its owner does."""
    order = f"web:{uuid4()}"
    shops = f"shops:{uuid4()}"
    tried = [gateway.send({**MESSAGE, "client_tag": tag}, key="other") for tag in (order, shops)]
    many = gateway.send({"messages": [{**MESSAGE, "client_tag": order}]}, key="other").json["results"]
    own = gateway.send({**MESSAGE, "client_tag": f"other:{uuid4()}"}, key="other").json["client_tag"]
    moved = gateway.ask("PATCH", f"/v1/messages/{own}", {"body": "x", "client_tag": order}, key="other")

    assert [one.problem for one in tried] == ["tag-conflict"] * 2
    assert (many[0]["status"], moved.problem) == (409, "tag-conflict")
    assert gateway.send({**MESSAGE, "client_tag": order}).status == 201
    assert gateway.send({**MESSAGE, "client_tag": shops}, key="shop-1").status == 201
    assert gateway.send({**MESSAGE, "client_tag": f"nobody:{uuid4()}"}, key="other").status == 201


def test_tag_of_an_idempotency_key_cannot_be_used_before_its_owner(gateway: Gateway) -> None:
    key = f"order-{uuid4()}"
    tag = client_tag_of("web", key, 0)
    tried = gateway.send({**MESSAGE, "client_tag": tag}, key="other", Idempotency_Key=key)

    assert tried.problem == "tag-conflict"
    assert gateway.send(MESSAGE, Idempotency_Key=key).json["client_tag"] == tag
    assert gateway.send({**MESSAGE, "client_tag": tag}, Idempotency_Key=key).status == 200


@pytest.mark.parametrize("key", ["web", "other"])
def test_waiting_successor_belongs_to_its_owner(gateway: Gateway, key: str) -> None:
    tag = a_tag(gateway, send_at="2099-08-01T09:00:00+09:00")
    gateway.store.redis.hset(gateway.store.keys.message(tag), "state", State.SCHEDULED)
    gateway.store.redis.zadd(gateway.store.keys.state(State.SCHEDULED), {tag: 1})
    successor = f"next-{uuid4()}"
    moved = gateway.ask("PATCH", f"/v1/messages/{tag}", {"body": "x", "client_tag": successor})
    again = gateway.ask("PATCH", f"/v1/messages/{successor}", {"body": "y"}, key=key)
    canceled = gateway.ask("DELETE", f"/v1/messages/{successor}", key=key)

    assert moved.status == 202
    if key == "web":
        assert (again.problem, canceled.json["outcome"]) == ("replacement-pending", "canceled")
    else:
        assert (again.problem, canceled.problem) == ("not-found", "not-found")
