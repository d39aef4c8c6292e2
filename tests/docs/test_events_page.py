"""docs/how-to/events.md and events.ja.md: their code runs, and their commands print what is shown."""

import os
import sqlite3
import subprocess
import sys
from typing import Any

import pytest
from tests.docs.pages import blocks, read
from tests.docs.test_how_to import compare, shown
from tests.support.store_helpers import MINUTE, claim_one, update_one

from zettai import MessageEvent, Settings, SmsClient, State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.testing import FakeSmsClient

PAGE, JAPANESE = PAGES = ("docs/how-to/events.md", "docs/how-to/events.ja.md")

LOOP, HANDLE, TEST = (block for block in blocks(read(PAGE), "python") if "@receiver" not in block)


@pytest.fixture
def store(redis_url: str) -> WorkerStore:
    return WorkerStore(connect(redis_url), Keys("zettai"))


def test_both_pages_have_the_same_code() -> None:
    assert blocks(read(JAPANESE), "python") == blocks(read(PAGE), "python")


def test_loop_of_the_page_shows_an_event(store: WorkerStore, redis_url: str) -> None:
    environment = os.environ | {"ZETTAI_REDIS_URL": redis_url, "PYTHONUNBUFFERED": "1"}
    program = LOOP.replace('group="billing"', 'group="billing", start="oldest"')
    with _client(redis_url) as client:
        client.send("09012345678", "hello", client_tag="t1")
        client.cancel("t1")
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True) as loop:
        assert loop.stdout is not None
        line = loop.stdout.readline()
        loop.kill()

    assert line.startswith("canceled t1 Message(client_tag='t1'")


def test_event_that_comes_twice_is_handled_once() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE events (id TEXT PRIMARY KEY)")
    database.execute("CREATE TABLE orders (client_tag TEXT, sms TEXT)")
    database.execute("INSERT INTO orders (client_tag) VALUES ('t1')")
    names: dict[str, Any] = {"database": database, "MessageEvent": MessageEvent}
    exec(compile(HANDLE, "example", "exec"), names)  # noqa: S102 - our own page
    client = FakeSmsClient()
    client.send("09012345678", "hello", client_tag="t1")
    client.move("t1", "accepted", "delivered")
    accepted, delivered = client.events(group="g")

    for event in (accepted, delivered, accepted):
        names["handle"](event)

    assert database.execute("SELECT sms FROM orders").fetchall() == [("delivered",)]
    database.close()


def test_example_for_tests_runs() -> None:
    sms = FakeSmsClient()
    message = sms.send("09012345678", "hello")
    exec(compile(TEST, "example", "exec"), {"sms": sms, "message": message})  # noqa: S102 - our own page


@pytest.mark.parametrize("page", PAGES)
def test_command_prints_what_is_shown(
    store: WorkerStore, redis_url: str, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)
    with _client(redis_url) as client:
        client.send("09012345678", "hello", client_tag="order-1")
    claim_one(store, "order-1")
    update_one(store, "order-1", State.SCHEDULED, due_in=MINUTE)
    update_one(
        store,
        "order-1",
        State.CANCELED,
        expected_states=frozenset({State.SCHEDULED}),
        claim_id=None,
        reason="on request",
    )

    compare([command for command in shown(page) if command.printed])


def _client(redis_url: str) -> SmsClient:
    return SmsClient(Settings(redis_url=redis_url))
