"""Endpoints that are served in threads of the test, with short times."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from redis import Redis
from tests.integration.cli.helpers import COMMAND
from tests.support.webhooks import Receiver, open_group, table

from zettai.core.store import WorkerStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys
from zettai_worker.webhooks import process
from zettai_worker.webhooks.endpoints import read_endpoints
from zettai_worker.webhooks.metrics import WebhookMetrics
from zettai_worker.webhooks.settings import WebhookSettings

Start = Callable[[], subprocess.Popen[bytes]]
"""Starts the real process."""

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


@pytest.fixture
def environment(redis_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "ZETTAI_REDIS_URL": redis_url,
        "ZETTAI_KEY_PREFIX": "test",
        "ZETTAI_WEBHOOKS_FILE": str(tmp_path / "webhooks.toml"),
        "ZETTAI_WEBHOOK_TIMEOUT": "3",
        "ZETTAI_WEBHOOK_RETRY_AFTER": "0.1",
        "ZETTAI_WEBHOOK_RETRY_CAP": "0.4",
        "ZETTAI_LOG_FORMAT": "json",
    }


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start the process, with a log in the folder of the test. It is killed at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        with (tmp_path / f"webhooks-{len(started)}.log").open("wb") as log:
            started.append(
                subprocess.Popen([COMMAND, "webhooks"], env=os.environ | environment, stdout=log, stderr=log)
            )
        return started[-1]

    yield begin
    for one in started:
        one.kill()
        one.wait()
