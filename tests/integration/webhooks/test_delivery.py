"""Events arrive at a real receiver: signed, in order for each message, and once the receiver works again."""

import socket
import time
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread, get_ident
from typing import Any

import pytest
import trustme
from redis import Redis
from redis.exceptions import WatchError
from standardwebhooks.webhooks import WebhookVerificationError
from tests.integration.webhooks.conftest import Serve
from tests.support.stack import eventually
from tests.support.store_helpers import accepted, new_message
from tests.support.webhooks import OTHER_SECRET, SECRET, Receiver, append, open_group, table

from zettai.core.store import WorkerStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.event_reader import EventReader
from zettai.core.store.keys import Keys
from zettai_worker.webhooks import delivery, endpoint_requests, storage
from zettai_worker.webhooks.endpoints import reader_group
from zettai_worker.webhooks.statistics import EndpointStatistics, read_webhook_statistics

NOTHING_YET = EndpointStatistics(
    name="shop",
    active=False,
    delivered=0,
    failed=0,
    given_up=0,
    waiting=0,
    replays=0,
    oldest=timedelta(),
    paused_since=None,
)


def _statistics(store: WorkerStore) -> EndpointStatistics:
    found = read_webhook_statistics(store)
    return found[0] if found else NOTHING_YET


def _pending(redis: Redis, keys: Keys) -> int:
    [group] = redis.xinfo_groups(keys.events)
    return int(group["pending"]) + int(group["lag"])


def _settled(redis: Redis, keys: Keys) -> bool:
    return _pending(redis, keys) == 0 and redis.hlen(keys.webhook_retries("shop")) == 0


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
            eventually(lambda: _statistics(store).failed, "a failed attempt")
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
        eventually(lambda: _settled(redis, keys), "all are done")

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
        eventually(lambda: len(receiver.accepted) >= 80 and _settled(redis, keys), "all arrive")

    for tag in tags:
        assert [one.id for one in receiver.accepted if one.tag == tag] == ids[tag]


def test_event_that_the_receiver_cannot_handle_does_not_stop_the_others(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    receiver.answer = lambda _id, data: 400 if data["client_tag"] == "bad" else 200
    with receiver.listen(), serve():
        append(redis, keys, "bad")
        eventually(lambda: len(receiver.requests) >= 8, "several attempts")
        append(redis, keys, "bad", *(f"t{number}" for number in range(30)))
        eventually(lambda: len(receiver.tags()) == 30, "the others arrive")
        receiver.answer = lambda _id, _data: 200
        eventually(lambda: _settled(redis, keys), "all arrive")

    assert len({one.id for one in receiver.accepted if one.tag == "bad"}) == 2
    assert _statistics(store).delivered == 32


def test_receiver_that_is_down_gets_everything_when_it_is_back(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    with receiver.listen():
        pass  # the port is closed now
    port = int(receiver.url.rsplit(":", maxsplit=1)[1].partition("/")[0])
    with serve():
        tags = [f"t{number}" for number in range(300)]
        ids = append(redis, keys, *tags)
        eventually(lambda: _statistics(store).paused_since, "it is paused")
        with receiver.listen(port):
            eventually(lambda: len(receiver.tags()) == 300, "all arrive")
            eventually(lambda: _settled(redis, keys), "all are recorded")

    assert {one.id for one in receiver.accepted} == set(ids)
    assert _statistics(store).paused_since is None


def test_while_the_receiver_is_down_there_is_one_request_at_a_time(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    at_once: set[int] = set()
    most_at_once: list[int] = []
    paused = Event()

    def answer(_id: str, _data: dict[str, Any]) -> int:
        at_once.add(get_ident())
        if paused.is_set():
            most_at_once.append(len(at_once))
        time.sleep(0.02)
        at_once.discard(get_ident())
        return 500

    receiver.answer = answer
    append(redis, keys, *(f"t{number}" for number in range(100)))
    with receiver.listen(), serve():
        eventually(lambda: _statistics(store).paused_since and not at_once, "it is paused")
        paused.set()
        eventually(lambda: len(most_at_once) >= 5, "several probes")

    assert set(most_at_once) == {1}


def test_slow_receiver_is_cut_off_and_gets_the_event_again(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver
) -> None:
    release = Event()

    def answer(_id: str, _data: dict[str, Any]) -> int:
        if len(receiver.requests) == 0 and not release.is_set():
            release.wait(10)
        return 200

    receiver.answer = answer
    [event_id] = append(redis, keys, "t1")
    with receiver.listen(), serve(webhook_timeout=0.5):
        eventually(lambda: _failed(redis, keys), "the first request is cut off")
        release.set()
        eventually(lambda: _settled(redis, keys), "it arrives")

    assert {one.id for one in receiver.requests} == {event_id}


def _failed(redis: Redis, keys: Keys) -> bool:
    return int(redis.hget(keys.webhooks, "shop failed") or 0) > 0


def test_answer_that_drips_ends_at_the_deadline(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    """The status has not arrived, so no byte of it resets the clock."""
    stop = Event()

    def answer(_id: str, _data: dict[str, Any]) -> tuple[int, dict[str, str]]:
        return 200, {"Content-Length": "1000000"}

    def drip(write: Any) -> None:
        while not stop.wait(0.05):
            write(b"x")

    receiver.answer = answer
    receiver.write_body = drip  # type: ignore[method-assign]
    append(redis, keys, "t1", "t2")
    with receiver.listen(), serve(webhook_timeout=0.5):
        eventually(lambda: _settled(redis, keys), "the status decides, and the body is cut off")
        stop.set()

    assert receiver.tags() == {"t1", "t2"}


def test_large_answer_is_not_read(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    written: list[int] = []

    def flood(write: Any) -> None:
        for _ in range(2000):
            write(b"x" * 65536)
            written.append(65536)

    receiver.answer = lambda _id, _data: (200, {"Content-Length": str(2000 * 65536)})
    receiver.write_body = flood  # type: ignore[method-assign]
    append(redis, keys, "t1")
    with receiver.listen(), serve():
        eventually(lambda: _settled(redis, keys), "it is delivered")

    assert sum(written) < 500 * 65536
    assert endpoint_requests.LARGEST_ANSWER < 65536


def test_retry_after_is_honored(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    receiver.answer = lambda _id, _data: 200 if receiver.requests else (429, {"Retry-After": "1"})
    append(redis, keys, "t1")
    with receiver.listen(), serve(webhook_retry_cap=5):
        eventually(lambda: len(receiver.requests) == 1, "the first request")
        append(redis, keys, "t2", "t3")
        eventually(lambda: receiver.tags() == {"t1", "t2", "t3"}, "all arrive")

    refused, *others = receiver.requests
    assert all(one.at >= refused.at + 0.99 for one in others)


def test_gone_receiver_is_paused_at_once_and_for_the_longest_time(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    receiver.answer = lambda _id, _data: 410
    with receiver.listen(), serve(webhook_retry_cap=600):
        append(redis, keys, "t1")
        eventually(lambda: _statistics(store).paused_since, "it is paused")
        append(redis, keys, "t2")
        eventually(lambda: redis.hget(keys.webhooks, "shop oldest"), "its state is recorded")

    assert len(receiver.requests) == 1


def test_redirect_is_not_followed(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    receiver.answer = lambda _id, _data: (307, {"Location": receiver.url.replace("/events", "/other")})
    append(redis, keys, "t1")
    with receiver.listen(), serve():
        eventually(lambda: _failed(redis, keys), "it counts as failed")
        receiver.answer = lambda _id, _data: 200
        eventually(lambda: _settled(redis, keys), "it is tried again")


def test_address_inside_the_own_network_is_refused(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    append(redis, keys, "t1")
    with receiver.listen():
        for host in ("127.0.0.1", "localhost"):
            url = receiver.url.replace("http://127.0.0.1", f"https://{host}")
            failed = int(redis.hget(keys.webhooks, "shop failed") or 0)
            with serve(table(url, more="")):
                eventually(lambda: int(redis.hget(keys.webhooks, "shop failed") or 0) > failed, "refused")  # noqa: B023

    assert receiver.requests == []


def test_event_is_given_up_after_its_time_and_the_next_one_follows(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    first, second = append(redis, keys, "t1", "t1")
    receiver.answer = lambda event_id, _data: 500 if event_id == first else 200
    with receiver.listen(), serve(webhook_give_up_after=0.5):
        eventually(lambda: _settled(redis, keys), "one arrives, one is given up")

    assert [one.id for one in receiver.accepted] == [second]
    [given_up] = redis.zrange(keys.webhook_given_up("shop"), 0, -1)
    assert first in given_up
    assert _statistics(store).given_up == 1


def test_retry_set_and_given_up_set_are_bounded(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the retry set is full, events stay in the stream."""
    monkeypatch.setattr(delivery, "MOST_RETRIES", 20)
    monkeypatch.setattr(storage, "MOST_GIVEN_UP", 5)
    monkeypatch.setattr("zettai_worker.webhooks.receiver.PAUSE_AFTER", 10_000)
    receiver.answer = lambda _id, _data: 500
    tags = [f"t{number}" for number in range(1000)]
    append(redis, keys, *tags)
    with receiver.listen(), serve():
        eventually(lambda: redis.hlen(keys.webhook_retries("shop")) >= 20, "it is full")
        eventually(lambda: len(receiver.requests) >= 600, "many attempts")
        assert redis.hlen(keys.webhook_retries("shop")) <= 20 + 2 * delivery.READ_BELOW
        receiver.answer = lambda _id, _data: 200
        eventually(lambda: len(receiver.tags()) == 1000, "all arrive")
    receiver.answer = lambda _id, _data: 500
    append(redis, keys, *tags[:30])
    with receiver.listen(), serve(webhook_give_up_after=0.001):
        eventually(lambda: _settled(redis, keys), "all are given up")
    assert redis.zcard(keys.webhook_given_up("shop")) == 5


def test_events_during_a_stop_are_delivered_after_it(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver
) -> None:
    """A request in flight ends, and its outcome is recorded: no event arrives twice."""
    started = Event()

    def answer(_id: str, _data: dict[str, Any]) -> int:
        started.set()
        time.sleep(0.2)
        return 200

    receiver.answer = answer
    with receiver.listen():
        ids = append(redis, keys, *(f"t{number}" for number in range(50)))
        with serve() as stopping:
            assert started.wait(20)
            stopping.set()
        first = len(receiver.requests)
        with serve():
            eventually(lambda: len(receiver.requests) >= 50 and _settled(redis, keys), "the rest arrives")

    assert 0 < first < 50
    assert sorted(one.id for one in receiver.requests) == sorted(ids)


def test_process_that_lost_its_lock_records_nothing(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    """The event is delivered by the next process too, with the same id."""
    arrived, release = Event(), Event()

    def answer(_id: str, _data: dict[str, Any]) -> int:
        arrived.set()
        assert release.wait(20)
        return 200

    receiver.answer = answer
    [event_id] = append(redis, keys, "t1")
    with receiver.listen(), serve(webhook_timeout=20):
        assert arrived.wait(20)
        redis.set(keys.webhook_lock("shop"), "another process", px=500)
        release.set()
        eventually(lambda: len(receiver.requests) == 2 and _settled(redis, keys), "it is delivered again")

    assert {one.id for one in receiver.requests} == {event_id}


def test_second_process_waits_and_takes_over(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    with receiver.listen(), serve() as first:
        append(redis, keys, *(f"a{number}" for number in range(20)))
        eventually(lambda: len(receiver.tags()) == 20, "the first one delivers")
        with serve():
            append(redis, keys, *(f"b{number}" for number in range(20)))
            eventually(lambda: len(receiver.tags()) == 40, "one of them delivers")
            first.set()
            eventually(lambda: redis.exists(keys.webhook_lock("shop")), "the second one has the lock")
            append(redis, keys, *(f"c{number}" for number in range(20)))
            eventually(lambda: len(receiver.tags()) == 60, "the second one delivers")

    assert len(receiver.requests) == 60


def test_name_that_changes_its_address_reaches_the_checked_one_only(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS is somebody else's: here it rebinds the name after the check."""
    real, asked = socket.getaddrinfo, []

    def rebinding(host: str, port: int, *words: Any, **more: Any) -> Any:
        if host != "shop.example.com":
            return real(host, port, *words, **more)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "127.9.9.9", port, *words, **more)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    append(redis, keys, "t1", "t2", "t3")
    with receiver.listen() as url, serve(table(url.replace("127.0.0.1", "shop.example.com"))):
        eventually(lambda: _settled(redis, keys), "all arrive")

    assert receiver.tags() == {"t1", "t2", "t3"}
    assert len(asked) == 1
    assert {one.headers["host"].partition(":")[0] for one in receiver.requests} == {"shop.example.com"}


def test_headers_that_drip_end_at_the_deadline(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    """Each byte comes in time, and all of them would take for ever."""
    stop = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.05):
                    connection.sendall(b"X: y\r\n")

        thread = Thread(target=drip)
        thread.start()
        append(redis, keys, "t1")
        with serve(table(f"http://127.0.0.1:{server.getsockname()[1]}/"), webhook_timeout=0.5):
            eventually(lambda: _failed(redis, keys), "it is cut off")
        stop.set()
        thread.join()


def test_cut_connections_to_redis_lose_no_event(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    tags = [f"t{number}" for number in range(600)]
    ids = append(redis, keys, *tags)
    with receiver.listen(), serve():
        for part in range(1, 5):
            eventually(lambda: len(receiver.tags()) >= 100 * part, "some arrive")  # noqa: B023
            redis.client_kill_filter(_type="normal", skipme=True)
        eventually(lambda: len(receiver.tags()) == 600 and _settled(redis, keys), "all arrive")

    assert {one.id for one in receiver.accepted} == set(ids)


def test_redis_that_lost_its_data_gets_a_new_group(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    """The process was active, so nothing that is in the new stream was delivered."""
    with receiver.listen(), serve():
        append(redis, keys, "before")
        eventually(lambda: receiver.tags() == {"before"}, "it arrives")
        redis.flushall()
        append(redis, keys, "after")
        eventually(lambda: receiver.tags() == {"before", "after"}, "it arrives too")


@pytest.mark.parametrize("when", ["before", "while"])
def test_process_without_the_lock_reads_nothing(redis: Redis, keys: Keys, redis_url: str, when: str) -> None:
    """Otherwise an event could wait with a stopped process, and later ones of its message would overtake it."""
    open_group(redis, keys, "shop")
    append(redis, keys, "t1")
    with connect(redis_url, retry=UNRETRIED) as connection:
        owner = storage.EndpointStorage(connection, keys, "shop", lock_time=20)
        assert owner.acquire()

        def lose(pipe: Any) -> None:
            if when == "before":
                redis.set(keys.webhook_lock("shop"), "another process")
            owner.watch_lock(pipe)
            redis.set(keys.webhook_lock("shop"), "another process")

        reader = EventReader(connection, keys, reader_group("shop"), "delivery", from_oldest=True, before_read=lose)
        with pytest.raises((storage.LostLock, WatchError)):
            reader.read(timedelta(seconds=0.01))
        with pytest.raises(storage.LostLock):
            owner.record(storage.Changes(done=["1-0"]))
        with pytest.raises(storage.LostLock):
            owner.take_replays(10)

    [group] = redis.xinfo_groups(keys.events)
    assert (group["pending"], group["lag"]) == (0, 1)
