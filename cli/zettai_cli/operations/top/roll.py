"""Which workers answer. They are asked in a thread of its own, and seldom: collecting the answers takes a second."""

from threading import Event, Thread
from types import TracebackType
from typing import Self

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from zettai.core.celery_config import celery_config
from zettai.core.settings import Settings

PATIENCE = 1.0
"""Seconds in which workers may answer; a busy one takes a moment."""

EVERY = 10.0
"""Seconds from one roll call to the next."""


class Roll:
    """Calls the roll again and again while entered. It needs the broker alone, and no token."""

    def __init__(self, settings: Settings) -> None:
        self._app = Celery("zettai-top", set_as_current=False)
        self._app.conf.update(celery_config(settings))
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="zettai-roll", daemon=True)
        self.workers: tuple[str, ...] | None = None

    def call(self) -> tuple[str, ...] | None:
        """The names of the processes that answer, in order; None where the broker does not."""
        try:
            answers = self._app.control.ping(timeout=PATIENCE) or []
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
        self._thread.join(2 * PATIENCE)
        self.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self.workers = self.call()
            self._stopped.wait(EVERY)
