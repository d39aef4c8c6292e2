"""The layout of the store: other versions are refused, and records that version 0.1.0 writes late are not lost."""

from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.upgrade.data_set import load
from tests.integration.cli.helpers import run, settings
from tests.support.webhooks import table

from zettai import IncompatibleStore, State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.layout import LAYOUT, check_layout, read_layout
from zettai.core.store.upgrade import upgrade_store


def test_new_store_gets_the_layout_of_its_first_process(store: WorkerStore) -> None:
    check_layout(store.redis, store.keys)
    check_layout(store.redis, store.keys)

    assert read_layout(store.redis, store.keys) == LAYOUT


def test_redis_that_does_not_answer_is_not_refused(store: WorkerStore) -> None:
    with connect("redis://127.0.0.1:1", retry=UNRETRIED) as away:
        check_layout(away, store.keys)


@pytest.mark.long
def test_newer_store_is_refused_by_each_process_and_by_doctor(
    store: WorkerStore, redis_url: str, tmp_path: Path
) -> None:
    prefix = store.keys.prefix
    store.redis.set(store.keys.layout, LAYOUT + 1)
    (tmp_path / "webhooks.toml").write_text(table("http://127.0.0.1:1"), encoding="utf-8")
    environment = settings(redis_url) | {
        "ZETTAI_KEY_PREFIX": prefix,
        "ZETTAI_WEBHOOKS_FILE": str(tmp_path / "webhooks.toml"),
        "ZETTAI_REPORT_PATH": "/reports/0123456789abcdef",
    }
    text = f"the store has layout {LAYOUT + 1}: this version knows layout {LAYOUT}; install the version that wrote it"

    for command in ("worker", "webhooks", "receive-reports", "upgrade"):
        ended = run(command, **environment)
        assert (ended.returncode, ended.stderr.strip()) == (3, f"zettai: {text}"), command
    assert f"layout {LAYOUT + 1}" in run("doctor", "--json", **environment).stdout
    with pytest.raises(IncompatibleStore):
        check_layout(store.redis, store.keys)


def test_record_that_an_old_web_app_writes_after_the_upgrade_is_sent_after_the_next_one(
    store: WorkerStore,
) -> None:
    redis, keys, tag = store.redis, store.keys, "queued-normal"
    load(redis, keys.prefix)
    old_record: Any
    old_counters: Any
    old_record, old_counters = redis.hgetall(keys.message(tag)), redis.hgetall(keys.first_counters)
    assert upgrade_store(store) > 0
    redis.delete(keys.message(tag))
    redis.hset(keys.message(tag), mapping=old_record)
    redis.hset(keys.first_counters, mapping=old_counters)
    assert store.get([tag]) == [None]
    assert store.quarantined() == 1
    assert read_layout(redis, keys) == 1

    assert upgrade_store(store) == 1

    [message] = store.get([tag])
    assert message is not None
    assert (message.state, store.quarantined()) == (State.QUEUED, 0)
    assert redis.zscore(keys.due_to_send, tag) is not None
    assert read_layout(redis, keys) == LAYOUT
