"""Fixtures of the console's tests."""

from collections.abc import Iterator

import pytest
from tests.integration.console.given import Console, Visitor, serving
from tests.support.servers import valkey

ADMIN = "aoki@example.com"
"""A user whom a proxy has logged in, with all rights."""


@pytest.fixture(scope="package")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """Return a console for all tests, without workers. Each test uses its own messages."""
    log = tmp_path_factory.mktemp("console") / "log"
    users = {"CONSOLE_USERS": f"{ADMIN}=admin sato=send *=read", "CONSOLE_PROXIES": "127.0.0.1"}
    with (
        valkey(tmp_path_factory.mktemp("console-valkey")) as server,
        serving(log, str(server.connection_url), LOG_LEVEL="DEBUG", **users) as console,
    ):
        yield console


@pytest.fixture
def visitor(console: Console) -> Iterator[Visitor]:
    """Return a visitor who may do everything but see full numbers."""
    with console.visitor() as visitor:
        yield visitor


@pytest.fixture
def reader(console: Console) -> Iterator[Visitor]:
    """Return a visitor who may only read."""
    with console.visitor("reader") as visitor:
        yield visitor


@pytest.fixture
def admin(console: Console) -> Iterator[Visitor]:
    """Return a visitor with all rights, whom a proxy has logged in."""
    with console.visitor(None, **{"X-Forwarded-User": ADMIN}) as visitor:
        yield visitor
