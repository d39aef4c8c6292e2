"""Pings the workers in a thread: collecting the answers takes a second."""

from threading import Event, Thread
from types import TracebackType
from typing import Self

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from zettai.core.celery_config import celery_config
from zettai.core.settings import Settings

PING_TIMEOUT = 1.0
"""Seconds. A busy worker takes a moment to answer."""

INTERVAL = 10.0
"""Seconds between two pings."""


class WorkerPings:
    """Pings the workers regularly inside a `with` block. It needs the broker but no token."""

    def __init__(self, settings: Settings) -> None:
        self._app = Celery("zettai-pings", set_as_current=False)
        self._app.conf.update(celery_config(settings))
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="zettai-worker-pings", daemon=True)
        self.workers: tuple[str, ...] | None = None

    def ping(self) -> tuple[str, ...] | None:
        """Return the sorted names of the processes that answer, or None if the broker does not answer."""
        try:
            answers = self._app.control.ping(timeout=PING_TIMEOUT) or []
        except (OperationalError, RedisError, OSError):
            return None
        return tuple(sorted(node for answer in answers for node in answer))

    def close(self) -> None:
        """Close the connections to the broker."""
        self._app.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join(2 * PING_TIMEOUT)
        self.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.workers = self.ping()
            self._stopped.wait(INTERVAL)
