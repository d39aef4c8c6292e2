"""docs/how-to/webhooks.md and webhooks.ja.md: the file is valid, and the receiver gets events from the real process."""

import os
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from tests.docs.pages import blocks, read
from tests.integration.cli.helpers import COMMAND
from tests.support.stack import eventually
from tests.support.webhooks import SECRET, Receiver, Request, append, open_group, table

from zettai.core.store.keys import Keys
from zettai_worker.webhooks.endpoints import read_endpoints

PAGES = ("docs/how-to/webhooks.md", "docs/how-to/webhooks.ja.md")

[RECEIVE] = blocks(read(PAGES[0]), "python")


def test_both_pages_have_the_same_code() -> None:
    for language in ("python", "toml", "console"):
        assert blocks(read(PAGES[0]), language) == blocks(read(PAGES[1]), language)


@pytest.mark.parametrize("page", PAGES)
def test_file_of_the_page_is_valid(page: str, tmp_path: Path) -> None:
    [text] = blocks(read(page), "toml")
    file = tmp_path / "webhooks"
    file.write_text(text, encoding="utf-8")

    assert [one.name for one in read_endpoints(file)] == ["shop", "clinic"]


def test_receiver_of_the_page_verifies_and_handles_each_event_once(redis_url: str, tmp_path: Path) -> None:
    """The first answer is lost, so the event comes twice."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.execute("CREATE TABLE events (id TEXT PRIMARY KEY)")
    database.execute("CREATE TABLE orders (client_tag TEXT, sms TEXT)")
    database.execute("INSERT INTO orders (client_tag) VALUES ('t1')")
    names: dict[str, Any] = {"database": database, "SECRET": SECRET}
    exec(compile(RECEIVE, "example", "exec"), names)  # noqa: S102 - our own page
    receiver, keys = Receiver(), Keys("zettai")
    receiver.answer = lambda _id, _data: 200 if receiver.requests else 500
    with Redis.from_url(redis_url, decode_responses=True) as redis, receiver.listen() as url:
        open_group(redis, keys, "shop")
        append(redis, keys, "t1", event_type="accepted")
        append(redis, keys, "t1", event_type="delivered")
        (tmp_path / "webhooks").write_text(table(url), encoding="utf-8")
        settings = {
            "ZETTAI_REDIS_URL": redis_url,
            "ZETTAI_WEBHOOKS_FILE": str(tmp_path / "webhooks"),
            "ZETTAI_WEBHOOK_RETRY_AFTER": "0.1",
        }
        with subprocess.Popen([COMMAND, "webhooks"], env=os.environ | settings) as process:
            eventually(lambda: len(receiver.requests) == 3, "both arrive, one of them twice")
            process.terminate()

    answers = [names["receive"](one.headers, one.body.encode()) for one in receiver.requests]
    assert answers == [200, 200, 200]
    assert database.execute("SELECT sms FROM orders").fetchall() == [("delivered",)]
    assert database.execute("SELECT count(*) FROM events").fetchall() == [(2,)]
    assert names["receive"](_forged(receiver.requests[0]), receiver.requests[0].body.encode()) == 400
    database.close()


def _forged(request: Request) -> dict[str, str]:
    return {**request.headers, "webhook-id": "1-0"}
