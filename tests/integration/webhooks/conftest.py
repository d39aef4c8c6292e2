"""Endpoints that are served in threads of the test, with short times."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from redis import Redis
from tests.support.webhooks import Receiver, open_group, table

from zettai.core.store import WorkerStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys
from zettai_worker.webhooks import process
from zettai_worker.webhooks.endpoints import read_endpoints
from zettai_worker.webhooks.metrics import WebhookMetrics
from zettai_worker.webhooks.settings import WebhookSettings

Serve = Callable[..., AbstractContextManager[Event]]
"""Serves the endpoint of a table, by default that of the receiver, until the block ends or the event is set."""

TIMES = {"webhook_timeout": 3, "webhook_retry_after": 0.1, "webhook_retry_cap": 0.4, "webhook_give_up_after": 60}


@pytest.fixture
def keys() -> Keys:
    return Keys("test")


@pytest.fixture
def redis(store: WorkerStore) -> Redis:
    return store.redis


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def serve(  # noqa: PLR0917 - fixtures
    redis_url: str, redis: Redis, keys: Keys, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Serve:
    monkeypatch.setattr(process, "ASK_EVERY", 0.05)

    @contextmanager
    def served(text: str | None = None, **settings: float) -> Iterator[Event]:
        file = tmp_path / "webhooks.toml"
        file.write_text(text or table(receiver.url), encoding="utf-8")
        [endpoint] = read_endpoints(file)
        if not any(group["name"] == endpoint.reader_group for group in _groups(redis, keys)):
            open_group(redis, keys, endpoint.name)
        loaded = WebhookSettings.load(redis_url=redis_url, key_prefix="test", **{**TIMES, **settings})
        stopping = Event()
        with connect(redis_url, retry=UNRETRIED) as connection:
            service = process.EndpointService(endpoint, loaded, connection, WebhookMetrics(), stopping)
            thread = Thread(target=service.run, name="serve")
            thread.start()
            try:
                yield stopping
            finally:
                stopping.set()
                thread.join()

    return served


def _groups(redis: Redis, keys: Keys) -> list[dict[str, str]]:
    if not redis.exists(keys.events):
        return []
    groups: list[dict[str, str]] = redis.xinfo_groups(keys.events)
    return groups
