"""The users of deploy/redis/users.acl on real servers: each process works with its own, and can do no more.

The environment variable `REDIS_SERVERS` has the paths of further servers, separated by commas.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.request import Request, urlopen

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, ResponseError
from tests.integration.console.given import Console, serving
from tests.support.programs import program
from tests.support.redis_users import BUNDLED, RedisWithUsers, redis_with_users
from tests.support.servers import free_port
from tests.support.stack import Stack, eventually, short_stack
from tests.support.webhooks import Receiver, table

from zettai import Lane, Settings, SmsClient, State
from zettai.core.store.redis_users import USERS
from zettai.core.times import JST
from zettai_simulator import SimulatorProcess

pytestmark = pytest.mark.long

COMMAND = (sys.executable, "-P", "-c", "from zettai_cli import main; main()")

NUMBER = "09088880001"

REFUSAL = re.compile("no permissions|NOPERM|ACL failure|can't access|can't run", re.IGNORECASE)
"""The words of all versions, also those of a script."""

ADMINISTRATION = (
    *("CLIENT PAUSE 1000", "CLIENT KILL TYPE normal", "CLIENT LIST", "CLIENT NO-EVICT on", "CONFIG GET *", "MONITOR"),
    *("CONFIG SET appendonly no", "CONFIG REWRITE", "MIGRATE 127.0.0.1 1 key 0 1000", "RESTORE key 0 x", "SHUTDOWN"),
    *("FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "KEYS *", "REPLICAOF NO ONE", "ACL LIST", "ACL SETUSER web +@all", "SAVE"),
    *("BGREWRITEAOF", "SLOWLOG GET", "SCRIPT FLUSH", "SCRIPT KILL", "FUNCTION FLUSH", "LATENCY RESET"),
    *("MODULE LIST", "CLUSTER RESET", "FAILOVER", "PSYNC ? -1", "MEMORY PURGE", "PUBSUB CHANNELS", "RANDOMKEY"),
    "CLIENT TRACKING on BCAST",
)
"""What an administrator does, and what reads all data, or what others send."""

OTHER_DATA = (
    *("GET other:message:1", "SET other:limiter x", "HGETALL zettai2:message:1", "DEL sessions", "LPUSH celery x"),
    *('EVAL \'return redis.call("GET", "other:key")\' 0', "EVAL 'return 1' 1 other:key", "PUBLISH news x"),
)
"""Data of other applications and of another installation on the server."""

CONTROL = (
    *("PUBLISH zettai:celery:/0.celery.pidbox x", "LPUSH zettai:celery:x.reply.celery.pidbox x"),
    *("SUBSCRIBE zettai:celery:/0.celery.pidbox", "SADD zettai:celery:_kombu.binding.celery.pidbox x"),
)

RATE = (
    *("HSET zettai:limiter next 0", "HDEL zettai:limiter pause", "HDEL zettai:account:shop:limiter override"),
    *("DEL zettai:limiter", 'EVAL \'return redis.call("HSET", KEYS[1], "next", 0)\' 1 zettai:limiter'),
)
"""What would let workers call more often, or while an operator has paused all calls."""

OWN = {
    "web": (
        *("HGETALL zettai:limiter", "HSET zettai:ticks beat 0", "HGETALL zettai:webhooks", "DEL zettai:rate:web"),
        *("BRPOP zettai:celery:urgent 1", "HSET zettai:last_runs purge 0", "SCAN 0", "SET zettai:lock:compare x"),
        *("XADD zettai:audit * action erase", "XTRIM zettai:audit_of_keys MAXLEN 0"),
    ),
    "gateway": ("BRPOP zettai:celery:urgent 1", "HSET zettai:ticks beat 0", "HGETALL zettai:webhooks", "SCAN 0"),
    "beat": ("HGETALL zettai:message:a", "GET zettai:body:a", "HSET zettai:message:a state queued", "SCAN 0"),
    "webhooks": ("HSET zettai:message:a state queued", "DEL zettai:body:a", "LPUSH zettai:celery:urgent x"),
    "exporter": ("HGETALL zettai:message:a", "GET zettai:body:a", "ZRANGE zettai:numbers 0 -1", "DEL zettai:events"),
    "flower": ("HGETALL zettai:message:a", "GET zettai:body:a", "HGETALL zettai:replacements", "SCAN 0"),
}
"""What each user must not do, beside all of the above."""

DEBIAN = "redis-check-rdb"
"""The program of Debian's package redis-tools that is the server too. The package starts none."""

SERVERS = [
    pytest.param(BUNDLED, id="valkey"),
    pytest.param(DEBIAN, id="debian"),
    *(path for path in os.environ.get("REDIS_SERVERS", "").split(",") if path),
]


@dataclass(frozen=True)
class Running:
    """All kinds of processes, each with its own user."""

    redis: RedisWithUsers
    stack: Stack
    console: Console
    receiver: Receiver
    ports: dict[str, int]

    def read(self, process: str, path: str, **headers: str) -> str:
        """Return what a process answers by HTTP."""
        request = Request(f"http://127.0.0.1:{self.ports[process]}{path}", headers=headers)
        return str(urlopen(request, timeout=60).read().decode())


@pytest.fixture(scope="module", params=SERVERS)
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Start a server and all processes."""
    folder = tmp_path_factory.mktemp("users")
    ports = {"exporter": free_port(), "flower": free_port()}
    receiver = Receiver()
    with ExitStack() as exits:
        server = program(DEBIAN, "redis-tools") if request.param == DEBIAN else request.param
        redis = exits.enter_context(redis_with_users(folder / "redis", server))
        simulator = SimulatorProcess(latency=0.02, delivery_after=0.2)
        stack = exits.enter_context(short_stack(redis.url("worker"), simulator, folder, "zettai"))
        (folder / "webhooks.toml").write_text(table(exits.enter_context(receiver.listen())), encoding="utf-8")

        def environment(user: str) -> dict[str, str]:
            return stack.environment | {"ZETTAI_REDIS_URL": redis.url(user)}

        stack.start_worker()
        stack.start_beat(environment=environment("beat"))
        stack.start("exporter", [*COMMAND, "exporter", f"--port={ports['exporter']}"], environment("exporter"))
        stack.start_celery(
            *("flower", f"--port={ports['flower']}", "--address=127.0.0.1", "--enable_events=false"),
            environment=environment("flower") | {"FLOWER_UNAUTHENTICATED_API": "true"},
        )
        webhooks = environment("webhooks") | {"ZETTAI_WEBHOOKS_FILE": str(folder / "webhooks.toml")}
        stack.start("webhooks", [*COMMAND, "webhooks"], webhooks)
        console = exits.enter_context(serving(folder / "console", redis.url("gateway")))
        yield Running(redis, stack, console, receiver, ports)


def test_each_process_works_with_its_own_user(running: Running) -> None:
    redis, stack = running.redis, running.stack
    with SmsClient(Settings.load(redis_url=redis.url("web"), client_id="1234")) as client:
        message = client.send(NUMBER, "to be delivered", group="g", lane=Lane.BULK)
        later = client.send(NUMBER, "reserved", send_at=datetime.now(JST) + timedelta(hours=1))
        assert stack.wait_for_state(message).state is State.DELIVERED
        stack.wait_for_state(later, State.SCHEDULED)
        client.cancel(later.client_tag)
        assert stack.wait_for_state(later).state is State.CANCELED
        assert [one.client_tag for one in client.list(group="g")] == [message.client_tag]
        events = list(client.events(group="shop", start="oldest", timeout=timedelta(milliseconds=10)))
        assert "group_finished" in [event.type.value for event in events]
    eventually(lambda: message.client_tag in running.receiver.tags(), "the webhook gets the events")
    eventually(lambda: "zettai_redis_up 1.0" in running.read("exporter", "/metrics"), "the exporter reads Redis")
    assert "zettai_limiter_rate" in running.read("exporter", "/metrics")
    eventually(lambda: "zettai0@stack" in running.read("flower", "/api/workers?refresh=1"), "Flower finds the worker")
    with running.console.visitor("boss") as visitor:
        eventually(lambda: "zettai0@stack" in visitor.get("/").text, "the console shows the worker")
        assert visitor.post("/logout").status_code == 303
    doctor = subprocess.run([*COMMAND, "doctor"], env=stack.environment, capture_output=True, text=True, check=False)
    assert "1 answer" in doctor.stdout, doctor.stdout + doctor.stderr
    # Doctor goes on without this answer.
    assert set(redis.refused()) <= {"worker: config|get (toplevel: config|get)"}
    logs = stack.log_text()
    assert not [user for user, password in redis.passwords.items() if password in logs]


@pytest.mark.parametrize("user", [user.name for user in USERS])
def test_no_user_may_administer_the_server_or_touch_other_data(running: Running, user: str) -> None:
    for command in (*ADMINISTRATION, *OTHER_DATA):
        _assert_refused(running.redis, user, command)


@pytest.mark.parametrize("user", ["web", "beat", "webhooks", "exporter"])
def test_only_what_shows_workers_reaches_the_control_channel(running: Running, user: str) -> None:
    for command in CONTROL:
        _assert_refused(running.redis, user, command)


@pytest.mark.parametrize("user", ["web", "gateway", "beat", "webhooks", "exporter", "flower"])
def test_only_workers_change_the_rate_of_calls(running: Running, user: str) -> None:
    for command in RATE:
        _assert_refused(running.redis, user, command)


@pytest.mark.parametrize(("user", "command"), [(user, one) for user, commands in OWN.items() for one in commands])
def test_each_user_has_no_more_rights_than_its_process_needs(running: Running, user: str, command: str) -> None:
    _assert_refused(running.redis, user, command)


def _assert_refused(redis: RedisWithUsers, user: str, command: str) -> None:
    with redis.open(user) as client, pytest.raises(ResponseError, match=REFUSAL):
        client.execute_command(*shlex.split(command))


def test_server_refuses_connections_without_a_password(running: Running) -> None:
    with Redis(port=running.redis.port) as client, pytest.raises(AuthenticationError):
        client.ping()
