"""Upgrades a store of version 0.1.0. All processes of that version must be stopped."""

import json
from collections.abc import Iterator, Sequence
from typing import cast

from zettai.core.store.layout import LAYOUT
from zettai.core.store.scripts import BATCH
from zettai.core.store.store import MessageStore


def upgrade_store(store: MessageStore) -> int:
    """Give the records, the suspension and the counters of version 0.1.0 their present names. Return how many records.

    It is safe to repeat, also after it was interrupted: the key by which layout 1 is recognized goes last. A record
    that a newer process has put aside because it could not read it comes back.

    Args:
        store: of the default account. Version 0.1.0 knew no other one.
    """
    redis, keys = store.redis, store.keys
    count = sum(_upgrade(store, tags) for tags in _batches(store))
    for key in redis.scan_iter(match=f"{keys.first_beat}*", count=BATCH):
        redis.unlink(key)
    redis.unlink(*keys.first_others)
    store.scripts.run("upgrade_shared", [keys.first_suspension, keys.first_counters])
    redis.set(keys.layout, LAYOUT)
    return count


def _upgrade(store: MessageStore, tags: Sequence[str]) -> int:
    keys = [key for tag in tags for key in (store.keys.message(tag), store.keys.body(tag))]
    return cast("int", store.scripts.run("upgrade", keys, json.dumps(tags)))


def _batches(store: MessageStore) -> Iterator[list[str]]:
    """Yield the tags of all records. A tag may be yielded twice."""
    prefix = store.keys.message("")
    cursor = -1
    while cursor != 0:
        cursor, found = cast("tuple[int, list[str]]", store.redis.scan(max(cursor, 0), match=f"{prefix}*", count=BATCH))
        if found:
            yield [key.removeprefix(prefix) for key in found]
