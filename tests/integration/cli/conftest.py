"""Fixtures for tests of the `zettai` command."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.integration.cli import helpers, one_process

from zettai import Settings, SmsClient
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys


@pytest.fixture(scope="session", autouse=True)
def _processes_of_commands() -> Iterator[None]:
    with one_process.ended_at_last():
        yield


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


@pytest.fixture
def write(tmp_path: Path) -> helpers.Write:
    """Write a CSV file."""

    def written(
        *rows: Sequence[str], header: Sequence[str] = ("to", "body"), encoding: str = "utf-8", end: str = "\r\n"
    ) -> Path:
        path = tmp_path / "campaign.csv"
        with path.open("w", encoding=encoding, newline="") as file:
            csv.writer(file, lineterminator=end).writerows([header, *rows])
        return path

    return written
