"""The first sections of django.md, flask.md, fastapi.md and their Japanese twins: from nothing to a message."""

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.docs.pages import Fence, fences, read
from tests.support.servers import free_port
from tests.support.stack import eventually

from zettai_demo.development import Development, Ports, development

PAGES = ("django.md", "django.ja.md", "flask.md", "flask.ja.md", "fastapi.md", "fastapi.ja.md")

PORT = "8000"
"""The port of the server on the pages. The test takes another one."""

DONE = ("pip ", "zettai dev")
"""Commands that the test replaces: everything is installed, and `zettai dev` runs for all pages."""

SERVERS = ("python manage.py runserver", "flask run", "uvicorn")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Development]:
    """Return what `zettai dev` runs."""
    ports = Ports(redis=free_port(), inbox=free_port(), gateway=free_port())
    with development(tmp_path_factory.mktemp("dev"), ports) as running:
        yield running


class Reader:
    """Does what a page says, in a folder of its own.

    Attributes:
        port: of the server.
        log: what the server prints.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.port = str(free_port())
        self.log = folder / "server.log"
        self._folder = folder
        self._environment = environment

    def write(self, code: str) -> None:
        """Write the file that the first line of a block names, or append to it."""
        named = re.match(r"# ([\w/.]+)(, at the end)?\n", code)
        assert named, code
        with (self._folder / named[1]).open("a" if named[2] else "w", encoding="utf-8") as file:
            file.write(code)

    def run(self, command: str) -> str:
        """Run a command, and return its output."""
        words = shlex.split(command.replace(f":{PORT}/", f":{self.port}/"))
        if words[0] == "cd":
            self._folder /= words[1]
            return ""
        if words[0] == "export":
            self._environment |= dict(word.split("=") for word in words[1:])
            return ""
        ran = subprocess.run(
            words, cwd=self._folder, env=self._environment, capture_output=True, text=True, check=True, timeout=60
        )
        return ran.stdout

    @contextmanager
    def serving(self, command: str) -> Iterator[None]:
        """Run the server in the block."""
        words = [self.port if word == PORT else word for word in shlex.split(command)]
        reloader = ["--noreload"] if "runserver" in words else []
        with self.log.open("wb") as output:
            process = subprocess.Popen(
                [*words, *reloader], cwd=self._folder, env=self._environment, stdout=output, stderr=output
            )
        try:
            eventually(self._listens, f"{command} listens")
            yield
        finally:
            process.terminate()
            process.wait(60)

    def _listens(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            return False
        return True


@pytest.mark.timeout(300)
@pytest.mark.parametrize("page", PAGES)
def test_reader_sees_the_message_arrive(running: Development, tmp_path: Path, page: str) -> None:
    shown = list(_first_section(page))
    assert len(shown) <= 12
    [curl] = [command for command, _ in shown if command.startswith("curl ")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZETTAI_")}
    path = f"{Path(sys.executable).parent}:{environment['PATH']}"
    reader = Reader(tmp_path, {**environment, **running.environment, "PATH": path, "PYTHONUNBUFFERED": "1"})
    servers = 0
    for command, printed in shown:
        if command.startswith("#"):
            reader.write(command)
        elif command.startswith(SERVERS):
            servers += 1
            with reader.serving(command):
                tag = json.loads(reader.run(curl))["client_tag"]
                if printed:
                    text = reader.log.read_text(encoding="utf-8")
                    assert re.search(re.escape(printed).replace("019a…", re.escape(tag)), text), text
                else:
                    arrived = eventually(partial(_arrived, running, tag), "the message arrives")
                    assert "123456" in arrived["sentText"]
        elif command != curl and not command.startswith(DONE):
            reader.run(command)
    assert servers == 2


def _arrived(running: Development, tag: str) -> dict[str, Any] | None:
    with urllib.request.urlopen(f"{running.inbox}simulator/inbox", timeout=60) as response:
        messages = json.load(response)["messages"]
    return next((message for message in messages if message["clientTag"] == tag), None)


def _first_section(page: str) -> Iterator[tuple[str, str]]:
    """Yield the commands and the files of a page in order, with what is shown below a command."""
    text = read(f"docs/how-to/{page}").split("\n## ")[1]
    steps: list[tuple[str, str]] = []
    for fence in fences(text):
        if fence.language == "text":
            steps[-1] = (steps[-1][0], fence.text)
        else:
            steps += [(step, "") for step in _steps(fence)]
    yield from steps


def _steps(fence: Fence) -> list[str]:
    if fence.language == "python":
        return [fence.text]
    return [line.removeprefix("$ ") for line in fence.text.splitlines()]
