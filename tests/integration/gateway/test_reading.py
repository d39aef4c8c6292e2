"""`GET /v1/messages`: one message, or a listing page by page."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from tests.integration.gateway.given import MESSAGE, Gateway
from tests.support.store_helpers import claim_one, new_message, update_one, wait_a_millisecond

from zettai.core.states import State
from zettai.core.times import now

FAR = now() + timedelta(days=3)


def a_group(gateway: Gateway, size: int) -> str:
    """Create a group of messages."""
    group = str(uuid4())
    sent = gateway.send({"messages": [{**MESSAGE, "group": group} for _ in range(size)]})
    assert sent.json["created"] == size
    return group


def pages(gateway: Gateway, query: str) -> Iterator[list[str]]:
    """Return the client tags of each page of a list."""
    cursor = ""
    while True:
        page = gateway.ask("GET", f"/v1/messages?{query}{cursor}").json
        yield [message["client_tag"] for message in page["messages"]]
        if page["next"] is None:
            return
        cursor = f"&cursor={quote(page['next'])}"


@pytest.mark.parametrize("tag", ["plain", "with/slash", "with blank", "確認", "a%2Fb", "?a=b#c", "cancel/"])
def test_message_is_returned_by_its_client_tag(gateway: Gateway, tag: str) -> None:
    sent = gateway.send({**MESSAGE, "client_tag": tag})

    assert gateway.ask("GET", f"/v1/messages/{quote(tag, safe='')}").json == sent.json


@pytest.mark.parametrize("tag", ["nobody", "%20", "", "a%0Ab", "%ff", "a" * 300])
def test_unknown_client_tag_is_not_found(gateway: Gateway, tag: str) -> None:
    answer = gateway.ask("GET", f"/v1/messages/{tag}")

    assert (answer.status, answer.problem) == (404, "not-found")


def test_group_is_listed_page_by_page(gateway: Gateway) -> None:
    group = a_group(gateway, 25)

    found = list(pages(gateway, f"group={group}&limit=10"))

    assert [len(page) for page in found] in ([10, 10, 5], [10, 10, 5, 0])
    assert len({tag for page in found for tag in page}) == 25


@pytest.mark.parametrize("query", ["", "?state=queued", "?group=g", "?limit=5"])
def test_key_of_an_account_that_was_removed_lists_nothing(gateway: Gateway, query: str) -> None:
    gateway.send()

    assert gateway.ask("GET", f"/v1/messages{query}", key="of-shop").json == {"messages": [], "next": None}


def test_new_messages_do_not_shift_the_pages(gateway: Gateway) -> None:
    group = a_group(gateway, 20)
    walk = pages(gateway, f"group={group}&limit=8")
    seen = next(walk)

    gateway.send({"messages": [{**MESSAGE, "group": group} for _ in range(5)]})
    seen += [tag for page in walk for tag in page]

    assert len(seen) == len(set(seen)) == 20


def test_message_that_leaves_a_state_hides_no_other(gateway: Gateway) -> None:
    group = a_group(gateway, 12)
    walk = pages(gateway, "state=queued&limit=5")
    ours = set(next(pages(gateway, f"group={group}&limit=50")))
    seen = next(walk)

    for tag in [*seen[3:], *list(ours - set(seen))[:3]]:
        gateway.ask("DELETE", f"/v1/messages/{tag}")
    stay = {tag for tag in ours if gateway.store.get([tag])[0].state is State.QUEUED}  # type: ignore[union-attr]
    seen += [tag for page in walk for tag in page]

    assert stay <= set(seen)


def test_next_page_starts_where_the_last_one_ended(gateway: Gateway) -> None:
    store, tags = gateway.store, [f"place-{uuid4()}" for _ in range(6)]
    for tag in tags:
        store.create([new_message(client_tag=tag, send_at=FAR)])
        claim_one(store, tag)
        update_one(store, tag, State.SCHEDULED)
        wait_a_millisecond(store)
    newest_first = tags[::-1]
    first = gateway.ask("GET", "/v1/messages?state=scheduled&limit=3", key="admin").json
    assert [message["client_tag"] for message in first["messages"]] == newest_first[:3]
    update_one(store, newest_first[2], State.DELIVERED, expected_states=frozenset({State.SCHEDULED}), claim_id=None)

    second = gateway.ask("GET", f"/v1/messages?state=scheduled&limit=3&cursor={first['next']}", key="admin").json

    assert [message["client_tag"] for message in second["messages"]] == newest_first[3:]


def test_cursor_of_another_list_is_rejected(gateway: Gateway) -> None:
    a_group(gateway, 2)
    cursor = gateway.ask("GET", "/v1/messages?state=queued&limit=1").json["next"]

    answer = gateway.ask("GET", f"/v1/messages?state=held&cursor={cursor}")

    assert (answer.status, answer.json["errors"][0]["detail"]) == (422, "belongs to another listing")


def test_list_is_filtered_by_group_and_state(gateway: Gateway) -> None:
    group = a_group(gateway, 6)
    tags = next(pages(gateway, f"group={group}"))
    for tag in tags[:4]:
        claim_one(gateway.store, tag)
        update_one(gateway.store, tag, State.DELIVERED)

    found = [tag for page in pages(gateway, f"group={group}&state=delivered&limit=3") for tag in page]

    assert sorted(found) == sorted(tags[:4])


def test_all_messages_are_listed(gateway: Gateway) -> None:
    group = a_group(gateway, 3)
    [tag, *_] = next(pages(gateway, f"group={group}"))
    gateway.ask("DELETE", f"/v1/messages/{tag}")

    found = {tag for page in pages(gateway, "limit=500") for tag in page}

    assert set(next(pages(gateway, f"group={group}"))) <= found


def test_phone_numbers_are_masked(gateway: Gateway) -> None:
    group = a_group(gateway, 1)

    answer = gateway.ask("GET", f"/v1/messages?group={group}")

    assert answer.json["messages"][0]["to"] == "+81********78"
    assert b"9012345678" not in answer.body
    assert b"secret" not in answer.body


def test_metadata_is_returned_with_one_message_and_left_out_of_lists(gateway: Gateway) -> None:
    group = f"metadata-{uuid4()}"
    tag = gateway.send({**MESSAGE, "group": group, "metadata": {"customer": "Yamada"}}).json["client_tag"]

    assert gateway.ask("GET", f"/v1/messages/{tag}").json["metadata"] == {"customer": "Yamada"}
    [listed] = gateway.ask("GET", f"/v1/messages?group={group}").json["messages"]
    assert "metadata" not in listed


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=lost", "?state"),
        ("limit=0", "?limit"),
        ("limit=501", "?limit"),
        ("limit=x", "?limit"),
        ("group=", "?group"),
        ("group=%20a", "?group"),
        ("colour=red", "?colour"),
        ("limit=1&limit=2", "?limit"),
        ("cursor=x", "?cursor"),
        ("cursor=W251bGwsIE5hTiwgInQiXQ", "?cursor"),  # [null, NaN, "t"]
        ("cursor=WyJxdWV1ZWQiLCBOYU4sICJ0Il0", "?cursor"),  # ["queued", NaN, "t"]
        ("cursor=WyJxdWV1ZWQiLCAxLCAiXHVkODAwIl0", "?cursor"),  # ["queued", 1, half a surrogate pair]
        ("cursor=WyJzZW50IiwgMSwgInQiXQ", "?cursor"),  # ["sent", 1, "t"]
        ("state=held&cursor=WyJxdWV1ZWQiLCAxLCAidCJd", "?cursor"),  # ["queued", 1, "t"]
    ],
)
def test_invalid_parameter_is_named(gateway: Gateway, query: str, pointer: str) -> None:
    answer = gateway.ask("GET", f"/v1/messages?{query}")

    assert (answer.status, answer.problem) == (422, "invalid-request")
    assert answer.json["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("field", ["to", "state", "expires", "events"])
def test_damaged_record_is_left_out_of_all_answers(gateway: Gateway, field: str) -> None:
    group = a_group(gateway, 3)
    damaged, *whole = next(pages(gateway, f"group={group}"))
    gateway.store.redis.hdel(gateway.store.keys.message(damaged), field)

    assert gateway.ask("GET", f"/v1/messages/{damaged}").problem == "not-found"
    assert [tag for page in pages(gateway, f"group={group}") for tag in page] == whole
    assert gateway.ask("DELETE", f"/v1/groups/{group}").json["canceled"] == 2
