"""What the command's tests may ask for."""

from collections.abc import Iterator

import pytest
from tests.integration.cli import helpers

from zettai import Settings, SmsClient


@pytest.fixture
def redis_settings(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An environment in which every command finds its settings and an empty Redis; answers that one's URL."""
    for name, value in helpers.settings(redis_url).items():
        monkeypatch.setenv(name, value)
    return redis_url


@pytest.fixture
def client(redis_settings: str) -> Iterator[SmsClient]:
    """A web app's client on the same Redis."""
    with SmsClient(Settings.load()) as client:
        yield client
