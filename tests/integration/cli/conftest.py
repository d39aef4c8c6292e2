"""Fixtures for tests of the `zettai` command."""

from collections.abc import Iterator

import pytest
from tests.integration.cli import helpers

from zettai import Settings, SmsClient


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
