"""Run the examples as processes."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.acceptance.examples.readme import EXAMPLES, Readme
from tests.support.servers import free_port
from tests.support.stack import eventually

NAMES = ("django", "flask", "fastapi")

SECRET = "0123456789abcdef-shop"


@dataclass(frozen=True)
class Shop:
    """A running example."""

    name: str
    port: int
    http: httpx.Client
    log: Path

    def ask(self, method: str, path: str, **body: str) -> Any:
        """Send JSON, and return the JSON of a successful response."""
        answer = self.http.request(method, path, json=body or None)
        assert answer.is_success, answer.text
        return answer.json()


def environment_of(name: str, folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of an example: its database, and the SMS settings."""
    database = folder / f"{name}.sqlite3"
    return {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "PYTEST_ADDOPTS": "-p no:schemathesis -p no:hypothesispytest -p no:cacheprovider",  # slow, and not needed
        "SHOP_DATABASE": str(database),
        "SHOP_DATABASE_URL": f"sqlite:///{database}",
        "FLASK_DATABASE": str(database),
        **{f"ZETTAI_{setting}": value for setting, value in settings.items()},
    }


def run(name: str, command: list[str], environment: dict[str, str]) -> str:
    """Run a command of an example, and return its output."""
    ran = subprocess.run(
        command, cwd=EXAMPLES / name, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    said = ran.stdout.decode()
    assert ran.returncode == 0, said
    return said


@contextmanager
def opened(name: str, environment: dict[str, str], folder: Path) -> Iterator[Shop]:
    """Start an example. Its database must exist. It may not listen yet."""
    port, log = free_port(), folder / f"{name}.log"
    with ExitStack() as stack:
        command = Readme.of(name).server(port)
        output = stack.enter_context(log.open("wb"))
        process = subprocess.Popen(
            command, cwd=EXAMPLES / name, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        stack.callback(_stop, process)
        yield Shop(name, port, stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)), log)


def listens(shop: Shop) -> Shop:
    """Wait until an example listens."""

    def answers() -> bool:
        try:
            shop.http.get("/")
        except httpx.ConnectError:
            return False
        return True

    eventually(answers, f"{shop.name} listens")
    return shop


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
