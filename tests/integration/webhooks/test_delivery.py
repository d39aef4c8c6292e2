"""Events arrive at a real receiver: signed, chosen by the table, and in order for each message."""

import socket
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import trustme
from redis import Redis
from standardwebhooks.webhooks import WebhookVerificationError
from tests.integration.webhooks.conftest import Serve
from tests.support.stack import eventually
from tests.support.store_helpers import accepted, new_message
from tests.support.webhook_state import has_failed, is_settled, statistics
from tests.support.webhooks import OTHER_SECRET, SECRET, Receiver, append, open_group, table

from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys


def test_event_arrives_with_a_valid_signature(store: WorkerStore, serve: Serve, receiver: Receiver) -> None:
    with receiver.listen(), serve():
        tag = accepted(store, group="billing")
        [request] = eventually(lambda: receiver.requests, "a request")

    content = request.verify()
    assert content["type"] == "accepted"
    assert content["data"]["client_tag"] == tag
    assert content["data"]["id"] == request.id
    assert content["data"]["group"] == "billing"
    assert content["data"]["message"]["state"] == "accepted"
    with pytest.raises(WebhookVerificationError):
        request.verify(OTHER_SECRET)


def test_while_a_secret_is_replaced_both_verify(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    with receiver.listen() as url, serve(table(url, secret=f'["{SECRET}", "{OTHER_SECRET}"]')):
        append(redis, keys, "t1")
        [request] = eventually(lambda: receiver.requests, "a request")

    request.verify(SECRET)
    request.verify(OTHER_SECRET)


def test_https_endpoint_is_trusted_by_its_certificate_only(  # noqa: PLR0917 - fixtures
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore, tmp_path: Path
) -> None:
    authority, server = trustme.CA(), trustme.CA()
    issued = server.issue_cert("127.0.0.1")
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    issued.private_key_pem.write_to_path(str(key))
    for pem in issued.cert_chain_pems:
        pem.write_to_path(str(chain), append=True)
    for one, name in ((authority, "other.pem"), (server, "ca.pem")):
        one.cert_pem.write_to_path(str(tmp_path / name))
    append(redis, keys, "t1")

    with receiver.listen(certificate=(chain, key)) as url:
        with serve(table(url, more=f'allow_private = true\nca_file = "{tmp_path / "other.pem"}"')):
            eventually(lambda: statistics(store).failed, "a failed attempt")
        assert receiver.requests == []
        with serve(table(url, more=f'allow_private = true\nca_file = "{tmp_path / "ca.pem"}"')):
            eventually(lambda: receiver.tags() == {"t1"}, "the event arrives")


def test_number_text_and_metadata_are_sent_only_if_the_table_asks_for_them(
    store: WorkerStore, serve: Serve, receiver: Receiver
) -> None:
    personal = {"to": "09012345678", "body": "secret text", "metadata": {"order": "7731"}}
    one = new_message(client_tag="t1", **personal)
    with receiver.listen() as url:
        for more in ("", 'include = ["number", "text", "metadata"]'):
            with serve(table(url, more=f"allow_private = true\n{more}")):
                store.create([one] if not more else [new_message(client_tag="t2", **personal)])
                store.cancel([one.client_tag if not more else "t2"])
                eventually(lambda: len(receiver.requests) == (2 if more else 1), "the event arrives")  # noqa: B023
    without, with_all = receiver.requests
    assert not any(secret in without.body for secret in ("12345678", "5678", "secret text", "7731"))
    assert "to" not in without.data["message"]
    message = with_all.data["message"]
    assert message["to"] == "+819012345678"
    assert message["metadata"] == {"order": "7731"}
    assert "text" in message


def test_only_the_wanted_types_groups_and_makers_arrive(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver
) -> None:
    more = 'allow_private = true\nevents = ["delivered"]\ngroups = ["billing", "summer-*"]\ncreated_by = "shop"'
    with receiver.listen() as url, serve(table(url, more=more)):
        append(redis, keys, "a", group="other", created_by="shop")
        append(redis, keys, "b", group="billing", event_type="accepted", created_by="shop")
        append(redis, keys, "c", group="summer-2027", created_by="shop")
        append(redis, keys, "d", group="billing", created_by="shop")
        append(redis, keys, "e", group="billing", created_by="clinic")
        append(redis, keys, "f", group="billing")
        eventually(lambda: is_settled(redis, keys), "all are done")

    assert {one.tag for one in receiver.requests} == {"c", "d"}


def test_events_of_a_message_never_overtake_each_other(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver
) -> None:
    """Every third request fails at first. The other messages go on meanwhile."""
    seen: dict[str, int] = defaultdict(int)

    def answer(event_id: str, _data: dict[str, Any]) -> int:
        seen[event_id] += 1
        return 503 if seen[event_id] == 1 and int(event_id[-1]) % 3 == 0 else 200

    receiver.answer = answer
    tags = [f"t{number}" for number in range(20)]
    ids: dict[str, list[str]] = defaultdict(list)
    for kind in ("scheduled", "accepted", "overdue", "delivered"):
        for tag, event_id in zip(tags, append(redis, keys, *tags, event_type=kind), strict=True):
            ids[tag].append(event_id)
    with receiver.listen(), serve():
        eventually(lambda: len(receiver.accepted) >= 80 and is_settled(redis, keys), "all arrive")

    for tag in tags:
        assert [one.id for one in receiver.accepted if one.tag == tag] == ids[tag]


def test_event_that_the_receiver_cannot_handle_does_not_stop_the_others(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    receiver.answer = lambda _id, data: 400 if data["client_tag"] == "bad" else 200
    with receiver.listen(), serve():
        append(redis, keys, "bad")
        eventually(lambda: len(receiver.requests) >= 8, "several attempts")
        append(redis, keys, *["bad"] * 200, *(f"t{number}" for number in range(30)))
        eventually(lambda: len(receiver.tags()) == 30, "the others arrive")
        receiver.answer = lambda _id, _data: 200
        eventually(lambda: is_settled(redis, keys), "all arrive")

    assert len({one.id for one in receiver.accepted if one.tag == "bad"}) == 201
    assert statistics(store).delivered == 231


def test_event_whose_record_cannot_be_read_does_not_stop_the_others(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    """Each of the others arrives once, and the unreadable one waits."""
    damaged, *others = (accepted(store) for _ in range(20))
    redis.hset(keys.message(damaged), "reason", b"\xff")
    open_group(redis, keys, "shop")
    append(redis, keys, damaged, *others)
    with receiver.listen(), serve():
        eventually(lambda: receiver.tags() == set(others), "the others arrive")
        eventually(lambda: int(redis.hget(keys.webhooks, "shop failed") or 0) >= 5, "several attempts")
        assert len(receiver.requests) == len(others) * 2
        redis.hset(keys.message(damaged), "reason", "")
        eventually(lambda: is_settled(redis, keys), "it arrives too")


def test_many_events_that_wait_for_one_of_their_message_do_not_stop_the_others(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver
) -> None:
    """They move to the retry set, so that reading goes on."""
    receiver.answer = lambda _id, data: 400 if data["client_tag"] == "bad" else 200
    with receiver.listen(), serve(webhook_retry_after=600, webhook_retry_cap=600):
        append(redis, keys, "bad")
        eventually(lambda: has_failed(redis, keys), "the first attempt")
        append(redis, keys, *["bad"] * 300, *(f"t{number}" for number in range(30)))
        eventually(lambda: len(receiver.tags()) == 30, "the others arrive")
        eventually(lambda: redis.hlen(keys.webhook_retries("shop")) == 301, "these wait")

    assert [one.tag for one in receiver.requests].count("bad") == 1


def test_address_inside_the_own_network_is_refused(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    append(redis, keys, "t1")
    with receiver.listen():
        for host in ("127.0.0.1", "localhost"):
            url = receiver.url.replace("http://127.0.0.1", f"https://{host}")
            failed = int(redis.hget(keys.webhooks, "shop failed") or 0)
            with serve(table(url, more="")):
                eventually(lambda: int(redis.hget(keys.webhooks, "shop failed") or 0) > failed, "refused")  # noqa: B023

    assert receiver.connections == 0


def test_name_that_changes_its_address_reaches_the_checked_one_only(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS belongs to others: here it rebinds the name after the check."""
    real, asked = socket.getaddrinfo, []

    def rebinding(host: str, port: int, *words: Any, **more: Any) -> Any:
        if host != "shop.example.com":
            return real(host, port, *words, **more)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.9.9.9", port, *words, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    append(redis, keys, "t1", "t2", "t3")
    with receiver.listen() as url, serve(table(url.replace("127.0.0.1", "shop.example.com"))):
        eventually(lambda: is_settled(redis, keys), "all arrive")

    assert receiver.tags() == {"t1", "t2", "t3"}
    assert len(asked) == 1
    assert {one.headers["host"].partition(":")[0] for one in receiver.requests} == {"shop.example.com"}
