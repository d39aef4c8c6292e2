"""Deleting messages after the retention time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from zettai.core.states import FINAL
from zettai.core.store.scripts import BATCH
from zettai.core.store.store import MessageStore
from zettai.core.tasks import in_chunks
from zettai.core.times import to_milliseconds


class PurgeStore(MessageStore):
    """Deletes old messages."""

    def purge(self, *, retention: timedelta) -> int:
        """Delete messages that reached a final state longer ago than `retention`. Return how many."""
        before = to_milliseconds(self.now() - retention)
        purged = 0
        for state in FINAL:
            while tags := cast(
                "list[str]",
                self.redis.zrange(self.keys.state(state), "-inf", f"({before}", byscore=True, offset=0, num=BATCH),
            ):
                count = self._purge(tags, before)
                if not count:
                    break
                purged += count
        return purged

    def purge_spent(self) -> None:
        """Delete the parts that budgets have counted before the last month."""
        first = self.now().replace(day=1) - timedelta(days=1)
        for batch in in_chunks(self.redis.hscan_iter(self.keys.spent), BATCH):
            if old := [field for field, _ in batch if field < f"{first:%Y-%m}"]:
                self.redis.hdel(self.keys.spent, *old)

    def _purge(self, tags: Sequence[str], before: int) -> int:
        with self.redis.pipeline(transaction=False) as pipe:
            for tag in tags:
                pipe.hmget(self.keys.message(tag), "group", "team", "created_by")
            found = pipe.execute()
        keys = [
            key
            for tag, (group, team, created_by) in zip(tags, found, strict=True)
            for key in self._keys_with_indexes(tag, group, team or created_by)
        ]
        return self._run_for_each("purge", tags, keys, before).count(1)
