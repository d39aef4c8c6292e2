"""Messages, reservations and numbers for the tests of the suppression list."""

from typing import Any, cast

from tests.support.store_helpers import (
    DAY,
    claim_one,
    new_message,
    update_one,
)

from zettai.core.hash_key import HashKey
from zettai.core.key_settings import SecretKeys
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.store.suppressions import HashedNumber

KEY = HashKey("a secret key that is only for tests")
NUMBER = "+819012345678"


def open_store(redis_url: str, key: HashKey | None) -> WorkerStore:
    return WorkerStore(connect(redis_url), Keys("test"), secrets=SecretKeys(suppressions=key))


def suppress(store: WorkerStore, number: str = NUMBER, scope: str = "all") -> bool:
    return bool(store.suppressions.add([HashedNumber(store.suppressions.required_key.hash_of(number), scope)])[0])


def create(store: WorkerStore, **keywords: Any) -> str:
    one = new_message(**keywords)
    store.create([one])
    return one.client_tag


def reserve(store: WorkerStore, **keywords: Any) -> str:
    tag = create(store, send_at=store.now() + DAY, **keywords)
    claim_one(store, tag)
    update_one(store, tag, State.SCHEDULED, due_in=DAY)
    return tag


def counted(store: WorkerStore) -> dict[str, str]:
    return cast("dict[str, str]", store.redis.hgetall(store.keys.suppressed))
