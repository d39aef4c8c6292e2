"""Fixtures for tests of the `zettai` command."""

from collections.abc import Iterator

import pytest
from tests.integration.cli import helpers

from zettai import Settings, SmsClient
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys


@pytest.fixture
def redis_settings(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the environment variables of all commands, for an empty Redis. Return its URL."""
    for name, value in helpers.settings(redis_url).items():
        monkeypatch.setenv(name, value)
    return redis_url


@pytest.fixture
def client(redis_settings: str) -> Iterator[SmsClient]:
    """Return a client of an application with the same Redis."""
    with SmsClient(Settings.load()) as client:
        yield client


@pytest.fixture
def store(redis_settings: str) -> Iterator[WorkerStore]:
    """Return the store that the commands use."""
    with connect(redis_settings) as redis:
        yield WorkerStore(redis, Keys("zettai"))
