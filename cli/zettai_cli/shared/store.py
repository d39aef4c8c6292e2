"""Opens the store in Redis for commands. `exits.py` maps its errors to exit codes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from redis.retry import Retry

from zettai import Settings
from zettai.core.store import WorkerStore
from zettai.core.store.connection import RETRIED, connect
from zettai.core.store.keys import Keys

REDIS_TIMEOUT = timedelta(seconds=5)


@contextmanager
def open_store(
    settings: Settings | None = None, *, retry: Retry = RETRIED, timeout: timedelta = REDIS_TIMEOUT
) -> Iterator[WorkerStore]:
    """Open the store, and close its connections afterwards.

    Args:
        settings: loaded from the environment if not given. The store needs no token.
        retry: how often a command is repeated whose answer was lost.
        timeout: for connecting and for each answer.

    Raises:
        SettingsError: a setting is missing or wrong.
    """
    settings = settings or Settings.load()
    with connect(settings.redis_url, retry=retry, timeout=timeout) as redis:
        yield WorkerStore(redis, Keys(settings.key_prefix, settings.account), reserve_within=settings.reserve_within)
