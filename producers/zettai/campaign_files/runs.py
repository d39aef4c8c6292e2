"""Remembers in Redis which files `send-csv` has sent, so that a file is not sent twice by mistake."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from redis import Redis

from zettai.core.store.connection import store_errors
from zettai.core.store.keys import Keys
from zettai.core.times import from_milliseconds, now, to_milliseconds

REMEMBERED = timedelta(days=30)
"""For so long a file is recognized: as long as records stay by default."""

PREFIX = "csv-"

COST = {"n": 2**14, "r": 8, "p": 1}
"""Of scrypt: 50 ms and 16 MB for a file."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of `send-csv` for a file.

    Attributes:
        tag_prefix: the prefix of the tags of its rows.
        at: when it began.
    """

    tag_prefix: str
    at: datetime


def tag_prefix_of(file: Path, *extra: str | None) -> str:
    """Return the prefix of tags that belongs to the content of a file.

    Tags are in logs. So the hash is a slow one: from a fast one the number could be found that a file of one row has.

    Args:
        file: the file.
        extra: what else makes another campaign, such as the template.
    """
    with file.open("rb") as opened:
        content = hashlib.file_digest(opened, "sha256").digest()
    identity = "\0".join([content.hex(), *(one or "" for one in extra)])
    return PREFIX + hashlib.scrypt(identity.encode(), salt=b"zettai send-csv", dklen=8, **COST).hex()


class Runs:
    """The runs that Redis remembers, by the name of the file and by its content."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    def latest(self, file: Path, tag_prefix: str) -> Run | None:
        """Return the latest run of a file with this content, or else with this name.

        Raises:
            LedgerUnavailable: Redis did not answer.
        """
        with store_errors():
            found = self._redis.mget([self._keys.csv_run(tag_prefix), self._keys.csv_run(file.name)])
        known = next((str(one) for one in found if one is not None), None)
        if known is None:
            return None
        prefix, _, at = known.rpartition(" ")
        return Run(prefix, from_milliseconds(at))

    def record(self, file: Path, tag_prefix: str) -> None:
        """Remember a run that begins now.

        Raises:
            LedgerUnavailable: Redis did not answer.
        """
        value = f"{tag_prefix} {to_milliseconds(now())}"
        with store_errors(), self._redis.pipeline() as pipeline:
            for name in (tag_prefix, file.name):
                pipeline.set(self._keys.csv_run(name), value, ex=REMEMBERED)
            pipeline.execute()
