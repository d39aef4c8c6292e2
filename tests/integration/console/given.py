"""A console process, and visitors that use it like a browser without scripts."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx
from tests.support.servers import free_port

from zettai.core.hash_key import HashKey
from zettai.core.key_settings import SecretKeys
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.gateway.api_keys import Scope, new_key

SUPPRESSION_KEY = "a key of suppressions, for tests only"

INDEX_KEY = "index-key-of-the-tests-of-the-console-only"

SECRET = "a secret of sessions, for tests only"

STAFF = (Scope.READ, Scope.SEND, Scope.CANCEL, Scope.SUPPRESS, Scope.FIND)

KEYS = {
    "web": (STAFF, "support"),
    "reader": ((Scope.READ,), "support"),
    "stranger": (STAFF, None),
    "boss": ((*STAFF, Scope.ADMIN), None),
    "prometheus": ((Scope.METRICS,), None),
}
"""The scopes and the team of each API key."""

OURS = {"created_by": "web", "team": "support"}
"""Who made a message of the team."""

COMMAND = (sys.executable, "-P", "-c", "from zettai_cli import main; main()")
"""The command `zettai`, run by this interpreter."""

_TOKEN = re.compile(r'name="csrf" value="([^"]+)"|"X-CSRF-Token": "([^"]+)"')


@dataclass(frozen=True)
class Visitor:
    """A visitor with cookies."""

    http: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Get a page."""
        return self.http.get(f"/console{path}", headers=headers)

    def post(
        self,
        path: str,
        form: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes]] | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a form, with the token of the session."""
        data = {"csrf": self.token() if token is None else token, **(form or {})}
        return self.http.post(f"/console{path}", data=data, files=files, headers=headers)

    def token(self) -> str:
        """Return the token of the session, from a page that everybody may see."""
        found = _TOKEN.search(self.http.get("/console/no-such-page").text)
        assert found is not None
        return unescape(found[1] or found[2])

    def log_in(self, key: str, to: str = "") -> httpx.Response:
        """Log in with an API key."""
        return self.post("/login", {"key": key, "next": to})


@dataclass(frozen=True)
class Console:
    """A running console."""

    port: int
    keys: Mapping[str, str]
    log: Path
    store: WorkerStore
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def url(self) -> str:
        """The URL of its start page."""
        return f"http://127.0.0.1:{self.port}/console/"

    @contextmanager
    def visitor(self, key: str | None = "web", language: str = "en", **headers: str) -> Iterator[Visitor]:
        """A visitor; with a key, one who has logged in."""
        base = f"http://127.0.0.1:{self.port}"
        with httpx.Client(
            base_url=base,
            timeout=30,
            headers={"Accept-Language": language, **headers},
            verify=False,  # noqa: S501 - plain HTTP, and to build a TLS context takes longer than a page
        ) as http:
            visitor = Visitor(http)
            if key is not None:
                assert visitor.log_in(self.keys[key]).status_code == 303
            yield visitor


@contextmanager
def serving(log: Path, redis_url: str, command: str = "console", **settings: str) -> Iterator[Console]:
    """Run a command that serves the console. At the end it gets SIGTERM and must exit with 0."""
    made = {name: new_key(name, scopes, team=team) for name, (scopes, team) in KEYS.items()}
    keys = log.with_suffix(".keys")
    keys.write_text("\n".join(str(stored) for _, stored in made.values()), encoding="utf-8")
    ours = {
        "REDIS_URL": redis_url,
        "GATEWAY_KEYS_FILE": str(keys),
        "GATEWAY_PORT": str(free_port()),
        "CONSOLE_SECRET": SECRET,
        "CONSOLE_HTTPS": "no",
        "SUPPRESSION_KEY": SUPPRESSION_KEY,
        "INDEX_KEY": INDEX_KEY,
        **settings,
    }
    environment = os.environ | {f"ZETTAI_{name}": value for name, value in ours.items()}
    prefix = ours.get("KEY_PREFIX", "zettai")
    secrets = SecretKeys(suppressions=HashKey(ours["SUPPRESSION_KEY"]), index=(HashKey(ours["INDEX_KEY"]),))
    store = WorkerStore(connect(redis_url), Keys(prefix), secrets=secrets)
    with log.open("wb") as file:
        process = subprocess.Popen([*COMMAND, command], env=environment, stderr=file)
    console = Console(int(ours["GATEWAY_PORT"]), {name: key for name, (key, _) in made.items()}, log, store, process)
    try:
        _wait_for(console)
        yield console
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        store.close()


def _wait_for(console: Console) -> None:
    deadline = time.monotonic() + 60
    with console.visitor(None) as visitor:
        while True:
            try:
                assert visitor.http.get("/healthz").status_code == 200
            except httpx.ConnectError:
                assert console.process.poll() is None, console.log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return
