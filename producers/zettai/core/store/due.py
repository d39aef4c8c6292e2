"""Due messages, and messages whose task was lost."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.store.scripts import BATCH
from zettai.core.store.store import MessageStore
from zettai.core.times import milliseconds


class DueStore(MessageStore):
    """Finds messages that need a new task."""

    def claim_due_to_send(self, *, claim_timeout: timedelta) -> list[str]:
        """Claim messages whose next attempt is due, or whose claim timed out. Return their tags."""
        return self._claim_due(self.keys.due_to_send, claim_timeout)

    def claim_due_to_check(self, *, claim_timeout: timedelta) -> list[str]:
        """Claim messages whose status check is due. Return their tags."""
        return self._claim_due(self.keys.due_to_check, claim_timeout)

    def process_due(
        self, client_tags: Sequence[str], *, held_for: timedelta, give_up_after: timedelta
    ) -> dict[Lane, list[str]]:
        """End due messages, keep them held, make them due for a look-up, or make them ready to be claimed.

        Args:
            client_tags: the due messages.
            held_for: while sending is suspended, the time until a message is tried again.
            give_up_after: how long after its expiry a message with an unknown outcome ends.

        Returns:
            The tags for which a task must be published, by lane.
        """
        lanes = self._run_for_each(
            "process_due",
            client_tags,
            self._keys(client_tags),
            milliseconds(held_for),
            milliseconds(give_up_after),
            *self._reserve_between,
            self.sms_code or "",
        )
        ready: dict[Lane, list[str]] = {}
        for tag, lane in zip(client_tags, lanes, strict=True):
            if lane in SENDING_LANES:
                ready.setdefault(Lane(lane), []).append(tag)
        return ready

    def find_lost_tasks(self, lane: Lane, *, grace: timedelta) -> list[str]:
        """Return the tags of a lane whose task was lost, oldest first. A new task must be published for them.

        Args:
            lane: the lane to search.
            grace: how far a task may be behind the latest claimed one before it counts as lost.
        """
        keys = [self.keys.waiting(lane), self.keys.queue(lane)]
        return cast("list[str]", self.scripts.run("find_lost_tasks", keys, lane, milliseconds(grace), BATCH))

    def report_emptied_groups(self, *, after: timedelta) -> int:
        """Report groups as finished whose messages were all suppressed when they were recorded. Return how many.

        Args:
            after: how long a group waits for more messages. A campaign is recorded in several calls, and the first may
                have suppressed numbers only.
        """
        return cast("int", self.scripts.run("report_emptied_groups", [], milliseconds(after)))

    def queue_length(self, lane: Lane) -> int:
        """Return the number of tasks in a lane's queue."""
        return self.redis.llen(self.keys.queue(lane))

    def _claim_due(self, index: str, claim_timeout: timedelta) -> list[str]:
        return cast("list[str]", self.scripts.run("claim_due", [index], BATCH, milliseconds(claim_timeout)))
