"""The examples as processes of their own, and what stands before them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import httpx

from tests.support.plant import eventually
from tests.support.servers import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"

SECRET = "0123456789abcdef-shop"

PREPARED = {"django": ["manage.py", "migrate", "-v0"]}
"""What must be done before the start."""

STARTED = {
    "django": ["manage.py", "runserver", "--noreload", "{port}"],
    "flask": ["-m", "flask", "run", "--port", "{port}"],
    "fastapi": ["-m", "uvicorn", "app:app", "--no-access-log", "--port", "{port}"],
}
"""How each framework starts its example, as the README says."""

TESTED = {"django": ["manage.py", "test"], "flask": ["-m", "pytest"], "fastapi": ["-m", "pytest"]}
"""How an example runs its own tests."""


@dataclass(frozen=True)
class Shop:
    """An example that runs."""

    name: str
    port: int
    http: httpx.Client

    def ask(self, method: str, path: str, **body: str) -> Any:
        """Send JSON, and give back the JSON of a good answer."""
        answer = self.http.request(method, path, json=body or None)
        assert answer.is_success, answer.text
        return answer.json()


def run(name: str, words: list[str], environment: Mapping[str, str]) -> str:
    """Run one command of an example to its end; what it said."""
    command = [sys.executable, "-W", "error", *words]
    ran = subprocess.run(
        command, cwd=EXAMPLES / name, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    said = ran.stdout.decode()
    assert ran.returncode == 0, said
    return said


def environment_of(name: str, folder: Path, **settings: str) -> dict[str, str]:
    """What an example needs: its database in a folder, and settings of the SMS."""
    database = folder / f"{name}.sqlite3"
    return {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_ADDOPTS": "-p no:schemathesis -p no:hypothesispytest -p no:cacheprovider",  # slow, and not needed
        "SHOP_DATABASE": str(database),
        "SHOP_DATABASE_URL": f"sqlite:///{database}",
        "FLASK_DATABASE": str(database),
        **{f"ZETTAI_{setting}": value for setting, value in settings.items()},
    }


@contextmanager
def open_shops(folder: Path, **settings: str) -> Iterator[dict[str, Shop]]:
    """Start all of them at once."""
    with ExitStack() as stack:
        ports = {name: free_port() for name in STARTED}
        for name, port in ports.items():
            environment = environment_of(name, folder, **settings)
            if name in PREPARED:
                run(name, PREPARED[name], environment)
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            command = [sys.executable, "-W", "error", *(word.format(port=port) for word in STARTED[name])]
            process = subprocess.Popen(
                command, cwd=EXAMPLES / name, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
            stack.callback(_stop, process)
        shops = {}
        for name, port in ports.items():
            http = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20))
            eventually(lambda http=http: _answers(http), f"{name} listens")  # type: ignore[misc]
            shops[name] = Shop(name, port, http)
        yield shops


def _answers(http: httpx.Client) -> bool:
    try:
        http.get("/")
    except httpx.ConnectError:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Front:
    """The provider knows one URL for reports. Here it leads to one shop at a time, as a proxy would."""

    def __init__(self) -> None:
        self.shop: Shop | None = None
        self.answers: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """What the provider is told."""
        return f"http://127.0.0.1:{self._server.server_port}/sms/reports/{SECRET}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(front) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the request
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Pass it on, and the answer back."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert front.shop is not None
                with closing(HTTPConnection("127.0.0.1", front.shop.port, timeout=20)) as onward:
                    onward.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"]})
                    status = onward.getresponse().status
                front.answers.append(status)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """The path is a secret."""

        return Handler
