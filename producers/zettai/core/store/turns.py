"""Turns: which messages of a lane come next. Groups take turns, and a message is taken just before it is claimed."""

from datetime import timedelta
from typing import cast

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store.scripts import BATCH
from zettai.core.store.store import MessageStore
from zettai.core.tasks import CHUNK
from zettai.core.times import milliseconds, to_milliseconds

FEWEST_TASKS = 32
"""While messages wait for turns, the queue of their lane has at least so many tasks. They are for 1,536 messages, which
last 2.5 s at the limit of 600 calls a second. Tasks are added every half second.
"""

PATIENCE = timedelta(seconds=1)
"""So long a message waits for the task that was published with it, before another one is published."""


class TurnStore(MessageStore):
    """Hands out the messages of the lanes in which groups take turns."""

    def take_turns(self, lane: Lane, process: str, take_id: str, most: int) -> list[str]:
        """Return the tags of the next messages of a lane. The caller must claim them at once.

        Args:
            lane: one of `TURN_LANES`.
            process: a unique name of this worker process, without spaces.
            take_id: a new id. A repeated call with the same id returns the same tags.
            most: the most tags to return, at least 1.
        """
        return cast("list[str]", self.scripts.run("take_turns", [], lane, process, take_id, most))

    def put_back_unclaimed(self, lane: Lane, *, grace: timedelta) -> int:
        """Put messages back that a worker has taken and not claimed since `grace`. Return how many."""
        return int(self.scripts.run("put_back_unclaimed", [], lane, milliseconds(grace)))

    def waiting_groups(self, lane: Lane) -> list[str]:
        """Return the groups of a lane whose messages wait although others are sent: for a pause, a window or a pace."""
        now = to_milliseconds(self.now()) * 1000
        return cast("list[str]", self.redis.zrange(self.keys.turns(lane), f"({now}", "+inf", byscore=True))

    def find_expired(self, lane: Lane, group: str) -> list[str]:
        """Return expired messages among the next ones of a group. `process_due` ends them.

        One that expires before those ahead of it is found when they are gone. It is not sent in any case.
        """
        while self.scripts.run("drop_stale", [], lane, group, BATCH) == BATCH:
            pass
        tags = cast("list[str]", self.redis.lrange(self.keys.group_queue(lane, group), 0, BATCH - 1))
        with self.redis.pipeline(transaction=False) as pipe:
            for tag in tags:
                pipe.hmget(self.keys.message(tag), "state", "expires")
            records = pipe.execute()
        now = to_milliseconds(self.now())
        waiting = {State.QUEUED, State.SUBMIT_UNKNOWN}
        found = zip(tags, records, strict=True)
        return [tag for tag, (state, expires) in found if state in waiting and int(expires) <= now]

    def find_turns(self, lane: Lane) -> list[str]:
        """Return the tags for which tasks must be published, because messages wait and the lane has too few tasks."""
        keys = [self.keys.queue(lane)]
        arguments = (lane, FEWEST_TASKS, CHUNK, milliseconds(PATIENCE))
        return cast("list[str]", self.scripts.run("find_turns", keys, *arguments))
