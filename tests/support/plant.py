"""A whole plant: the simulator, real worker processes and beat on a real Redis, in compressed times."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from zettai import Message, Settings, SmsClient, State
from zettai.core.store import MessageStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_simulator import SimulatorProcess

TOKEN = "0123456789abcdef0123456789abcdef"

SHORT_TIMES = {
    "HTTP_TIMEOUT": "1",
    "CONNECT_TIMEOUT": "1",
    "LEASE": "3",
    "RETRY_AFTER": "0.3",
    "RETRY_CAP": "1",
    "HOLD_FOR": "1",
    "STATUS_CHECK_AFTER": "0.4",
    "KDDI_WAIT": "5",
    "OVERDUE_AFTER": "1.5",
    "GIVE_UP_AFTER": "12",
    "SWEEP_INTERVAL": "1",
}
"""The product's times, each compressed so that its order to the others stays."""

PATIENCE = 40.0
"""Seconds until an awaited event counts as missing."""


def eventually(what: Callable[[], Any], described: str, patience: float = PATIENCE) -> Any:
    """Wait until something is true, and give it back."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError(f"never happened: {described}")


class Plant:
    """Everything that runs in production, as processes on this machine."""

    def __init__(self, redis_url: str, simulator: SimulatorProcess, logs: Path, prefix: str, **settings: str) -> None:
        self.redis_url = redis_url
        self.simulator = simulator
        self.logs = logs
        self.prefix = prefix
        self.environment = {
            **os.environ,
            "ZETTAI_REDIS_URL": redis_url,
            "ZETTAI_KEY_PREFIX": prefix,
            "ZETTAI_API_URL": simulator.url,
            "ZETTAI_TOKEN": TOKEN,
            "ZETTAI_CLIENT_ID": "1234",
            "ZETTAI_SMS_CODE": "12345",
            "ZETTAI_LOG_FORMAT": "json",
            "ZETTAI_LOG_LEVEL": "DEBUG",
            **{f"ZETTAI_{name}": value for name, value in {**SHORT_TIMES, **settings}.items()},
        }
        self.settings = Settings.load(redis_url=redis_url, key_prefix=prefix, client_id="1234")
        self.store = MessageStore(connect(redis_url), Keys(prefix))
        self.client = SmsClient(self.settings)
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.store.close()
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def start_worker(self, queues: str = "urgent,normal,bulk,status", threads: int = 16) -> subprocess.Popen[bytes]:
        """Start a worker by the ordinary command."""
        name = f"{self.prefix}{len(self.processes)}@test"
        return self._start(
            "worker", "-Q", queues, "-n", name, "-c", str(threads), "--without-gossip", "--without-mingle"
        )

    def start_beat(self) -> subprocess.Popen[bytes]:
        """Start beat by the ordinary command."""
        return self._start("beat")

    def start_flower(self, port: int, *options: str) -> subprocess.Popen[bytes]:
        """Start Flower by the ordinary command."""
        return self._start("flower", f"--port={port}", "--address=127.0.0.1", *options)

    def start_host(self, *words: str) -> subprocess.Popen[bytes]:
        """Start all processes of a machine, which are started again when they end."""
        return self.start("host", [str(Path(sys.executable).with_name("zettai")), "worker", *words])

    def start(
        self, name: str, command: list[str], environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start any command, in the plant's environment or in another one; its log bears the name."""
        with (self.logs / f"{self.prefix}-{len(self.processes)}-{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, env=environment or self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        self.processes.append(process)
        return process

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        return self.start(words[0], [sys.executable, "-m", "celery", "-A", "zettai_worker", *words])

    def ended(self, message: Message | str, *states: State) -> Message:
        """Wait until a message is in one of some states (final ones unless given)."""
        tag = message if isinstance(message, str) else message.client_tag

        def there() -> Message | None:
            found = self.client.get(tag)
            reached = found and (found.state in states if states else found.state.is_final)
            return found if reached else None

        try:
            return eventually(there, f"{tag} in {states or 'a final state'}")  # type: ignore[no-any-return]
        except AssertionError:
            raise AssertionError(f"never came to {states or 'an end'}: {self.client.get(tag)}") from None

    def truth_of(self, message: Message) -> dict[str, Any]:
        """What the provider knows of a message."""
        return self.simulator.truth_of(message.client_tag)

    def log_text(self) -> str:
        """Everything that all processes have logged."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.logs.glob(f"{self.prefix}-*.log")))
