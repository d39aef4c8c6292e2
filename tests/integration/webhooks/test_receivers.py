"""Receivers that are down, slow, gone or overloaded."""

import socket
import time
from contextlib import suppress
from itertools import count
from threading import Event, Thread, get_ident
from typing import Any

import pytest
from redis import Redis
from tests.integration.webhooks.conftest import Serve
from tests.support.stack import eventually
from tests.support.webhook_state import has_failed, is_settled, statistics
from tests.support.webhooks import Receiver, append, table

from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys
from zettai_worker.webhooks import delivery, endpoint_requests, storage


def test_receiver_that_is_down_gets_everything_when_it_is_back(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    with receiver.listen():
        pass  # the port is closed now
    port = int(receiver.url.rsplit(":", maxsplit=1)[1].partition("/")[0])
    with serve():
        tags = [f"t{number}" for number in range(300)]
        ids = append(redis, keys, *tags)
        eventually(lambda: statistics(store).paused_since, "it is paused")
        with receiver.listen(port):
            eventually(lambda: len(receiver.tags()) == 300, "all arrive")
            eventually(lambda: is_settled(redis, keys), "all are recorded")

    assert {one.id for one in receiver.accepted} == set(ids)
    assert statistics(store).paused_since is None


def test_while_the_receiver_is_down_there_is_one_request_at_a_time(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    at_once: set[int] = set()
    counts: list[int] = []

    def answer(_id: str, _data: dict[str, Any]) -> int:
        at_once.add(get_ident())
        counts.append(len(at_once))
        time.sleep(0.2)  # longer than the process waits before it looks again
        at_once.discard(get_ident())
        return 500

    receiver.answer = answer
    append(redis, keys, *(f"t{number}" for number in range(100)))
    with receiver.listen(), serve():
        eventually(lambda: statistics(store).paused_since, "it is paused")
        # Requests that were on their way may still arrive together.
        eventually(lambda: counts[-3:] == [1] * 3, "only probes arrive")
        before = len(counts)
        eventually(lambda: len(counts) >= before + 5, "several probes")

    assert set(counts[before:]) == {1}


def test_slow_receiver_is_cut_off_and_gets_the_event_again(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver
) -> None:
    release = Event()

    def answer(_id: str, _data: dict[str, Any]) -> int:
        if len(receiver.requests) == 0 and not release.is_set():
            release.wait(60)
        return 200

    receiver.answer = answer
    [event_id] = append(redis, keys, "t1")
    with receiver.listen(), serve(webhook_timeout=0.5):
        eventually(lambda: has_failed(redis, keys), "the first request is cut off")
        release.set()
        eventually(lambda: is_settled(redis, keys), "it arrives")

    assert {one.id for one in receiver.requests} == {event_id}


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
        eventually(lambda: is_settled(redis, keys), "the status decides, and the body is cut off")
        stop.set()

    assert receiver.tags() == {"t1", "t2"}


def test_headers_that_drip_end_at_the_deadline(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    """Each byte comes in time, and all of them would take for ever."""
    stop = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not stop.wait(0.05):
                    connection.sendall(b"y")

        thread = Thread(target=drip)
        thread.start()
        append(redis, keys, "t1")
        with serve(table(f"http://127.0.0.1:{server.getsockname()[1]}/"), webhook_timeout=0.5):
            eventually(lambda: has_failed(redis, keys), "it is cut off")
        stop.set()
        thread.join()


@pytest.mark.parametrize(
    ("begin", "repeated"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"T: x\r\n"),
    ],
)
def test_answer_without_an_end_is_cut_off_long_before_the_deadline(
    redis: Redis, keys: Keys, serve: Serve, begin: bytes, repeated: bytes
) -> None:
    """To read it until the deadline would take all of a processor."""
    stop = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def flood() -> None:
            while not stop.is_set():
                with suppress(OSError), server.accept()[0] as connection:
                    connection.recv(65536)
                    connection.sendall(begin)
                    while not stop.is_set():
                        connection.sendall(repeated * 100)

        thread = Thread(target=flood)
        thread.start()
        append(redis, keys, "t1")
        with serve(table(f"http://127.0.0.1:{server.getsockname()[1]}/"), webhook_timeout=3600):
            eventually(lambda: has_failed(redis, keys) or is_settled(redis, keys), "the answer is cut off")
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


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
        eventually(lambda: is_settled(redis, keys), "it is delivered")

    assert sum(written) < 500 * 65536
    assert endpoint_requests.LARGEST_ANSWER < 65536


def test_answer_with_a_broken_body_is_delivered(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    """The status has arrived and decides."""

    def broken(write: Any) -> None:
        write(b"-5\r\nx")

    receiver.answer = lambda _id, _data: (200, {"Content-Length": "", "Transfer-Encoding": "chunked"})
    receiver.write_body = broken  # type: ignore[method-assign]
    append(redis, keys, "t1", "t2")
    with receiver.listen(), serve():
        eventually(lambda: is_settled(redis, keys), "both are delivered")

    assert len(receiver.requests) == 2


@pytest.mark.allow_hosts([f"127.0.0.{number}" for number in range(1, 250)])
def test_connections_to_addresses_that_a_name_had_before_are_closed(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS belongs to others: here the name has another address each time."""
    real, numbers = socket.getaddrinfo, count(1)

    def moving(host: str, port: int, *words: Any, **more: Any) -> Any:
        return real(f"127.0.0.{next(numbers)}" if host == "shop.example.com" else host, port, *words, **more)

    monkeypatch.setattr(socket, "getaddrinfo", moving)
    monkeypatch.setattr(endpoint_requests, "RESOLVED_FOR", 0.0)
    append(redis, keys, *(f"t{number}" for number in range(100)))
    with (
        receiver.listen(address="0.0.0.0") as url,  # noqa: S104 - for the addresses of this host
        serve(table(url.replace("127.0.0.1", "shop.example.com"))),
    ):
        eventually(lambda: is_settled(redis, keys), "all are delivered")
        assert receiver.connections == 100
        assert receiver.open_connections <= 2 * delivery.CONCURRENCY


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
        eventually(lambda: statistics(store).paused_since, "it is paused")
        append(redis, keys, "t2")
        eventually(lambda: redis.hget(keys.webhooks, "shop oldest"), "its state is recorded")

    assert len(receiver.requests) == 1


def test_redirect_is_not_followed(redis: Redis, keys: Keys, serve: Serve, receiver: Receiver) -> None:
    receiver.answer = lambda _id, _data: (307, {"Location": receiver.url.replace("/events", "/other")})
    append(redis, keys, "t1")
    with receiver.listen(), serve():
        eventually(lambda: has_failed(redis, keys), "it counts as failed")
        receiver.answer = lambda _id, _data: 200
        eventually(lambda: is_settled(redis, keys), "it is tried again")


def test_event_is_given_up_after_its_time_and_the_next_one_follows(
    redis: Redis, keys: Keys, serve: Serve, receiver: Receiver, store: WorkerStore
) -> None:
    first, second = append(redis, keys, "t1", "t1")
    receiver.answer = lambda event_id, _data: 500 if event_id == first else 200
    with receiver.listen(), serve(webhook_give_up_after=0.5):
        eventually(lambda: is_settled(redis, keys), "one arrives, one is given up")

    assert [one.id for one in receiver.accepted] == [second]
    [given_up] = redis.zrange(keys.webhook_given_up("shop"), 0, -1)
    assert first in given_up
    assert statistics(store).given_up == 1


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
        eventually(lambda: is_settled(redis, keys), "all are given up")
    assert redis.zcard(keys.webhook_given_up("shop")) == 5
