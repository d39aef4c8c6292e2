"""Suspension: all sending waits, for quota, credentials, an operator or an outage of the provider."""

from datetime import timedelta
from typing import cast

from zettai.core.states import State
from zettai.core.store.store import BATCH, MessageStore
from zettai.core.times import milliseconds


class SuspensionStore(MessageStore):
    """Suspends and resumes sending."""

    def suspend(self, reason: str, *, retry_in: timedelta, circuit_open: bool = False) -> bool:
        """Suspend all sending. Return False if it was suspended before.

        Args:
            reason: shown to operators, and recorded for each message that is held.
            retry_in: the time until one message tries again.
            circuit_open: the provider is down, so other calls wait too.
        """
        return bool(self.scripts.run("suspend", [], reason, milliseconds(retry_in), int(circuit_open)))

    def resume(self) -> bool:
        """Resume sending. Return False if it was not suspended."""
        return bool(self.redis.delete(self.keys.suspension))

    def is_circuit_open(self) -> bool:
        """Return whether the provider is down and the time of the next retry has not come."""
        return bool(self.scripts.run("circuit_open", []))

    def find_resumable(self) -> list[str]:
        """Return the tags of held messages, oldest first. Empty while sending is suspended."""
        if self.redis.exists(self.keys.suspension):
            return []
        return cast("list[str]", self.redis.zrange(self.keys.state(State.HELD), 0, BATCH - 1))
