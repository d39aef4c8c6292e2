"""`zettai dev`: a web developer sees their own messages arrive, and nothing is left running."""

import json
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.cli.helpers import COMMAND, is_alive, run
from tests.integration.console.given import Visitor
from tests.support.servers import free_port
from tests.support.stack import eventually

from zettai import Settings, SmsClient, State

pytestmark = pytest.mark.long

START_TIMEOUT = 90.0

WITHOUT_EXTRA = """
import sys
sys.modules["zettai_demo"] = None
sys.argv = ["zettai", "dev"]
from zettai_cli import main
main()
"""


@dataclass
class Running:
    """A running `zettai dev`."""

    process: subprocess.Popen[str]
    printed: str
    children: set[int]

    @property
    def environment(self) -> dict[str, str]:
        """The printed variables, as a shell reads them."""
        lines = [line for line in self.printed.splitlines() if line.startswith("export ")]
        return dict(shlex.split(line)[1].split("=", 1) for line in lines)

    def url(self, name: str) -> str:
        """The printed address of one part."""
        return next(line.split()[1] for line in self.printed.splitlines() if line.startswith(f"{name} "))

    def inbox(self) -> list[dict[str, Any]]:
        """What the inbox page shows."""
        return list(_get(f"{self.url('inbox')}simulator/inbox")["messages"])

    def end(self, number: int) -> int:
        """Send a signal, wait for the command and for all its children, and return the exit code."""
        self.process.send_signal(number)
        code = self.process.wait(60)
        eventually(lambda: not any(map(is_alive, self.children)), "all children have ended")
        return code


def _get(url: str, **headers: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as response:
        return json.load(response)


def _descendants(pid: int) -> set[int]:
    """Return the processes below one, also those that have a session of their own."""
    found = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text(encoding="ascii").split()):
            found |= {child} | _descendants(child)
    return found


@contextmanager
def dev(*words: str | Path) -> Iterator[Running]:
    """Run the command on free ports, from the moment at which it is ready."""
    ports = [f"--{name}-port={free_port()}" for name in ("redis", "inbox", "gateway")]
    process = subprocess.Popen([COMMAND, "dev", *ports, *words], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or not lines[-1].startswith("export KEY="):
            lines.append(process.stdout.readline())
            assert lines[-1], "the command ended"
        yield Running(process, "".join(lines), _descendants(process.pid))
    finally:
        process.kill()
        process.communicate()


@pytest.mark.timeout(300)
def test_messages_arrive_and_nothing_is_left_running(tmp_path: Path) -> None:
    dotenv, data = tmp_path / ".env", tmp_path / "data"
    with dev("--dotenv", dotenv, "--data", data) as running:
        environment = running.environment
        assert [line.split("=")[0] for line in dotenv.read_text().splitlines()[1:]] == [*environment]
        assert "ZETTAI_TOKEN" not in environment

        with _client(environment) as client:
            tag = client.send("09012345678", "認証コード:123456", lane="urgent").client_tag
            [arrived] = eventually(running.inbox, "the message is in the inbox")
            assert (arrived["clientTag"], arrived["sentText"]) == (tag, "認証コード:123456")
            eventually(lambda: (found := client.get(tag)) and found.state is State.DELIVERED, "it is delivered")

        key = f"Bearer {environment['KEY']}"
        assert _get(f"{environment['GATEWAY']}/v1/messages/{tag}", Authorization=key)["state"] == "delivered"
        assert running.url("console") == f"{environment['GATEWAY']}/console"
        with httpx.Client(base_url=environment["GATEWAY"], timeout=60) as http:
            assert Visitor(http).log_in(environment["KEY"]).status_code == 303
        assert len(running.children) >= 5  # Redis, the simulator, the supervisor with a worker and beat, the gateway
        assert running.end(signal.SIGINT) == 0

    with dev("--dotenv", dotenv, "--data", data) as again:
        with _client(again.environment) as client:
            assert client.get(tag) is not None
        again.end(signal.SIGKILL)


def _client(environment: dict[str, str]) -> SmsClient:
    fields = {name.removeprefix("ZETTAI_").lower(): value for name, value in environment.items() if "ZETTAI_" in name}
    return SmsClient(Settings.load(**fields))


def test_taken_port_is_named_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ports = [f"--{name}-port={free_port()}" for name in ("redis", "inbox")]
        ended = run("dev", *ports, f"--gateway-port={port}")

    assert ended.returncode == 1
    assert ended.stderr == (
        f"zettai: cannot listen on port {port}: Address already in use; give another port with --gateway-port\n"
    )


def test_dotenv_file_of_the_application_is_not_overwritten(tmp_path: Path) -> None:
    own = tmp_path / ".env"
    own.write_text("SECRET_KEY=1\n")
    ports = [f"--{name}-port={free_port()}" for name in ("redis", "inbox", "gateway")]

    ended = run("dev", *ports, f"--dotenv={own}")

    assert (ended.returncode, own.read_text()) == (1, "SECRET_KEY=1\n")
    assert "was not written by zettai dev; name another file" in ended.stderr


def test_command_without_the_extra_says_what_to_install() -> None:
    ended = subprocess.run([sys.executable, "-c", WITHOUT_EXTRA], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (
        1,
        "zettai: zettai dev is not installed; run, in a clone: pip install '.[demo]' ./simulator ./demo\n",
    )
