"""Remembers in Redis which files `send-csv` has sent, so that a file is not sent twice by mistake."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from redis import Redis

from zettai.campaign_files.row_results import Outcome
from zettai.core.errors import LedgerUnavailable
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
    """The runs that Redis remembers, by the content of the file and by its name without the extension.

    A file that was saved in another format is still the same campaign.
    """

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    def latest(self, file: Path, tag_prefix: str) -> Run | None:
        """Return the latest run of a file with this content, or else with this name in any format.

        Raises:
            LedgerUnavailable: Redis did not answer.
        """
        with store_errors():
            found = self._redis.mget([self._keys.csv_run(tag_prefix), self._keys.csv_run(file.stem)])
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
            for name in (tag_prefix, file.stem):
                pipeline.set(self._keys.csv_run(name), value, ex=REMEMBERED)
            pipeline.execute()

    @contextmanager
    def counting(self, rows: Mapping[Outcome, int]) -> Iterator[None]:
        """Add the rows of a run to those of all runs as it ends, if Redis answers. Metrics and `zettai top` have them.

        Args:
            rows: how many rows have each outcome. It is read at the end.
        """
        try:
            yield
        finally:
            with suppress(LedgerUnavailable), store_errors(), self._redis.pipeline() as pipeline:
                for outcome, count in rows.items():
                    pipeline.hincrby(self._keys.csv_rows, outcome, count)
                pipeline.execute()
