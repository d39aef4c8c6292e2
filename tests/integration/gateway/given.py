"""A gateway process, and clients with different API keys."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.support.servers import free_port

from zettai.core.hash_key import HashKey
from zettai.core.key_settings import SecretKeys
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.gateway.api_keys import Scope, new_key

SUPPRESSION_KEY = "a key of suppressions, for tests only"

ALL_BUT_ADMIN = tuple(scope for scope in Scope if scope is not Scope.ADMIN)

KEYS = {
    "web": ALL_BUT_ADMIN,
    "other": ALL_BUT_ADMIN,
    "admin": tuple(Scope),
    "sender": (Scope.SEND,),
    "reader": (Scope.READ,),
    "canceler": (Scope.CANCEL,),
    "suppressor": (Scope.SUPPRESS,),
    "finder": (Scope.FIND, Scope.ADMIN),
    "prometheus": (Scope.METRICS,),
}

NUMBER = "09012345678"

MESSAGE = {"to": NUMBER, "body": "my secret text"}

REPORT_PATH = "/reports/0123456789abcdef"


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """Return the last part of the problem's type. Fail if the response is not a problem."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.json["status"] == self.status
        assert self.json["instance"] == f"urn:uuid:{self.headers['x-request-id']}"
        return str(self.json["type"]).removeprefix("urn:zettai:problem:")


@dataclass(frozen=True)
class Gateway:
    """A running gateway."""

    port: int
    keys: Mapping[str, str]
    log: Path
    store: WorkerStore
    process: subprocess.Popen[bytes] = field(repr=False)

    def ask(self, method: str, path: str, value: object = None, *, key: str | None = "web", **headers: str) -> Answer:
        """Send a request. A value that is not bytes is sent as JSON."""
        body = value if isinstance(value, bytes) or value is None else json.dumps(value).encode()
        given = {"Content-Type": "application/json"} if body is not None else {}
        if key is not None:
            given["Authorization"] = f"Bearer {self.keys.get(key, key)}"
        given |= {name.replace("_", "-"): text for name, text in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, given)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def send(self, value: object = MESSAGE, **headers: str) -> Answer:
        """Send one message or many."""
        return self.ask("POST", "/v1/messages", value, **headers)


@contextmanager
def serving(log: Path, redis_url: str, **settings: str) -> Iterator[Gateway]:
    """Run a gateway. At the end it gets SIGTERM and must exit with 0."""
    made = {name: new_key(name, scopes) for name, scopes in KEYS.items()}
    made |= {name: new_key(name, ALL_BUT_ADMIN, team="shops") for name in ("shop-1", "shop-2")}
    made["of-shop"] = new_key("of-shop", tuple(Scope), accounts="shop")
    made["sender-reader"] = new_key("sender", [Scope.READ])
    keys = log.with_suffix(".keys")
    keys.write_text("# ours\n" + "\n".join(str(stored) for _, stored in made.values()), encoding="utf-8")
    ours = {
        "REDIS_URL": redis_url,
        "GATEWAY_KEYS_FILE": str(keys),
        "GATEWAY_PORT": str(free_port()),
        "GATEWAY_RATE": "10000",
        "SUPPRESSION_KEY": SUPPRESSION_KEY,
        "INDEX_KEY": "the-key-of-an-index-that-is-for-tests",
        "SAME_TEXT_PER_MINUTE": "0",  # the tests send one text again and again
        "CLIENT_TIMEOUT": "60",  # on a busy machine Redis answers late; a test that wants no answer sets less
        **settings,
    }
    environment = os.environ | {f"ZETTAI_{name}": value for name, value in ours.items()}
    store = WorkerStore(connect(redis_url), Keys("zettai"), secrets=SecretKeys(suppressions=HashKey(SUPPRESSION_KEY)))
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, "-m", "zettai.gateway"], env=environment, stderr=file)
    gateway = Gateway(int(ours["GATEWAY_PORT"]), {name: key for name, (key, _) in made.items()}, log, store, process)
    try:
        _wait_for(gateway)
        yield gateway
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
        store.close()


def _wait_for(gateway: Gateway) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            assert gateway.ask("GET", "/healthz").status == 200
        except ConnectionError:
            assert gateway.process.poll() is None, gateway.log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return
