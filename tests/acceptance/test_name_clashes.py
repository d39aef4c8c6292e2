"""Our commands never import the worker.py, producers.py, cli.py or simulator/ of the current directory."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from zettai import Settings, SmsClient, State
from zettai.core.states import AT_PROVIDER
from zettai.gateway.api_keys import Scope, new_key
from zettai_simulator import SimulatorProcess

pytestmark = pytest.mark.long

PROGRAMS = Path(sys.executable).parent

FOREIGN = ("worker.py", "producers.py", "cli.py", "simulator/__init__.py", "demo/__init__.py", "tasks.py")

ALL_HELP_TEXTS = """
import sys
from typer.main import get_command
from zettai_cli.app import app

def leaves(command, *path):
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
    for name, one in (inner or {}).items():
        yield from leaves(one, *path, name)

for path, command in leaves(get_command(app)):
    print(" ".join(path), command.get_help(command.make_context(path[-1], [], resilient_parsing=True))[:1])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder whose modules stop each program that imports them."""
    for name in FOREIGN:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"raise SystemExit('{name} in the current directory was imported')\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def environment(redis_url: str) -> Iterator[dict[str, str]]:
    """Return the settings of a worker that calls the simulator."""
    with SimulatorProcess() as simulator:
        yield {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}",
            "ZETTAI_REDIS_URL": redis_url,
            "ZETTAI_API_URL": simulator.url,
            "ZETTAI_TOKEN": "0123456789abcdef" * 2,
            "ZETTAI_CLIENT_ID": "1234",
            "ZETTAI_SMS_CODE": "12345",
        }


@pytest.mark.parametrize(
    "command",
    [
        "zettai --help",
        "zettai worker --plan",
        "zettai list",
        "zettai simulate --help",
        "zettai check-text hello",
        "zettai demo --help",
        "celery -A zettai_worker report",
        "celery -A zettai_worker worker --help",
        "celery -A zettai_worker beat --help",
        "celery -A zettai_worker flower --help",
        "python -m zettai_simulator --help",
        "python -c ALL_HELP_TEXTS",
    ],
)
def test_command_imports_no_module_of_the_current_directory(
    folder: Path, environment: dict[str, str], command: str
) -> None:
    words = [ALL_HELP_TEXTS if word == "ALL_HELP_TEXTS" else word for word in command.split()]

    ran = subprocess.run(
        [str(PROGRAMS / words[0]), *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == 0, ran.stderr
    assert "in the current directory was imported" not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "command",
    [
        "zettai worker",
        "celery -q -A zettai_worker worker -Q urgent,normal,bulk,status -c 4 --without-gossip --without-mingle",
    ],
)
def test_worker_in_this_directory_sends(folder: Path, environment: dict[str, str], command: str) -> None:
    words = command.split()
    with (
        SmsClient(Settings.load(redis_url=environment["ZETTAI_REDIS_URL"])) as client,
        subprocess.Popen(
            [str(PROGRAMS / words[0]), *words[1:]], cwd=folder, env=environment, stderr=subprocess.DEVNULL
        ) as process,
    ):
        try:
            tag = client.send("09012345678", "from a folder with foreign names").client_tag
            deadline = time.monotonic() + 40
            while _state(client, tag) not in AT_PROVIDER | {State.DELIVERED}:
                assert process.poll() is None
                assert time.monotonic() < deadline, _state(client, tag)
                time.sleep(0.1)
        finally:
            process.terminate()
            process.wait(30)


@pytest.mark.parametrize(
    ("command", "ready"),
    [
        ("celery -A zettai_worker beat", "scheduler -> zettai_worker.beat.RedisClockScheduler"),
        ("celery -A zettai_worker flower --port=0", "Visit me at"),
        ("python -m zettai.gateway", "gateway_listening"),
        ("python -m zettai_simulator --port 0", "http://127.0.0.1:"),
    ],
)
def test_process_in_this_directory_becomes_ready(
    folder: Path, environment: dict[str, str], command: str, ready: str
) -> None:
    program, *arguments = command.split()
    environment |= {
        "PYTHONUNBUFFERED": "1",
        "ZETTAI_GATEWAY_KEYS": str(new_key("web", [Scope.SEND])[1]),
        "ZETTAI_GATEWAY_PORT": str(_unused_port()),
    }
    log = folder / "log"
    with (
        log.open("w") as file,
        subprocess.Popen(
            [str(PROGRAMS / program), *arguments], cwd=folder, env=environment, stdout=file, stderr=file
        ) as process,
    ):
        try:
            deadline = time.monotonic() + 60
            while ready not in log.read_text(encoding="utf-8"):
                assert process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
                time.sleep(0.1)
        finally:
            process.kill()


def _unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _state(client: SmsClient, tag: str) -> State:
    message = client.get(tag)
    assert message is not None
    return message.state
