"""The checks of the secret keys: whether this process opens and finds what producers have recorded lately.

No other process shows its keys. But each record names the key that sealed it, and has a hash that the key of the index
made, so recent records show which keys producers have. Run on the host of a worker, the checks show whether both have
the same ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from zettai.core.key_settings import SecretKeys
from zettai.core.settings import Settings
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import UNRETRIED
from zettai_cli.operations.doctor.results import Check, failed, ok, warning
from zettai_cli.shared.store import open_stores

RECENT = 10
"""Records of each state and account that are looked at, the newest first."""


@dataclass(frozen=True, slots=True)
class RecentRecord:
    """What a record shows about the keys of its producer.

    Attributes:
        sealed_by: the id of the key that sealed it; None: it is plain.
        is_indexed: whether it is in the index by number.
        has_our_hash: whether a key of this process made its hash; None if that cannot be seen.
    """

    sealed_by: str | None
    is_indexed: bool
    has_our_hash: bool | None


def keys(settings: Settings) -> Iterator[Check]:
    """Check the encryption keys and the key of the index against the newest records of all accounts."""
    secrets = settings.secret_keys()
    with open_stores(settings, retry=UNRETRIED) as stores:
        found = sorted((one for store in stores.values() for one in _recent(store, secrets)), key=lambda one: -one[0])
    records = [record for _, record in found]
    yield encryption((secrets.sealer.key_ids if secrets.sealer else ()), records)
    yield index([key.fingerprint for key in secrets.index], records)


def _recent(store: WorkerStore, secrets: SecretKeys) -> Iterator[tuple[int, RecentRecord]]:
    """Yield the newest records of each state, with the times at which they were made."""
    with store.redis.pipeline(transaction=False) as pipe:
        for state in State:
            pipe.zrevrange(store.keys.state(state), 0, RECENT - 1)
        tags = [tag for of_state in pipe.execute() for tag in of_state]
        for tag in tags:
            pipe.hmget(store.keys.message(tag), "created", "sealed_by", "number_hash", "erased")
        values = cast("list[list[str | None]]", pipe.execute())
    for message, (created, sealed_by, number_hash, erased) in zip(store.get(tags), values, strict=True):
        if message is None or created is None or erased is not None:
            continue
        has_our_hash = None
        if number_hash is not None and message.to:
            has_our_hash = number_hash in {key.hash_of(message.to) for key in secrets.index}
        yield int(created), RecentRecord(sealed_by, number_hash is not None, has_our_hash)


def encryption(own: Sequence[str], records: Sequence[RecentRecord]) -> Check:
    """Check the encryption keys.

    Args:
        own: the ids of the keys of this process; the first one seals.
        records: recent ones, the newest first.
    """
    name, advice = "encryption", "give producers and workers the same keys; see docs/how-to/encryption.md"
    foreign = [record.sealed_by for record in records if record.sealed_by is not None and record.sealed_by not in own]
    if foreign:
        ids = ", ".join(sorted(set(foreign)))
        found = f"{len(foreign)} of {len(records)} recent messages are sealed with a key that is not here: {ids}"
        return failed(name, found, advice)
    if not own:
        return ok(name, "off: ZETTAI_ENCRYPTION_KEYS is not set, and recent messages are plain")
    found = f"{own[0]} seals" + (f"; {', '.join(own[1:])} open older messages" if own[1:] else "")
    if records and records[0].sealed_by is None:
        return warning(name, f"{found}; the newest message is plain: its producer has no key", advice)
    if records and records[0].sealed_by != own[0]:
        return warning(name, f"{found}; the newest message is sealed by {records[0].sealed_by}", advice)
    return ok(name, found)


def index(own: Sequence[str], records: Sequence[RecentRecord]) -> Check:
    """Check the keys of the index by number.

    Args:
        own: the fingerprints of the keys of this process; the first one is for new messages.
        records: recent ones, the newest first.
    """
    name, advice = "number index", "give each producer the same keys; see docs/how-to/personal-data.md"
    indexed = [record for record in records if record.is_indexed]
    if not own:
        if indexed:
            return ok(name, "no key here: workers need none, and producers have one")
        return ok(name, "no index is kept: ZETTAI_INDEX_KEY is not set")
    foreign = sum(record.has_our_hash is False for record in indexed)
    if foreign:
        found = f"{foreign} of {len(indexed)} recent messages were indexed with another key than {', '.join(own)}"
        return failed(name, found, advice)
    if records and not records[0].is_indexed:
        return warning(name, f"key {own[0]}; the newest message is not indexed: its producer has no key", advice)
    return ok(name, f"key {own[0]}")
