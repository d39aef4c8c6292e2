"""Suspension: all sending waits, for quota, credentials, an operator or an outage of the provider."""

from datetime import timedelta
from enum import StrEnum
from typing import cast

from zettai.core.lanes import SENDING_LANES
from zettai.core.states import State
from zettai.core.store.store import BATCH, MessageStore
from zettai.core.times import milliseconds, to_milliseconds

REFUSAL_FORGOTTEN_AFTER = timedelta(minutes=10)
"""A refusal of one message that no other message has met within this time concerned that message alone."""


class RefusalEffect(StrEnum):
    """What follows from a refusal that may concern all messages."""

    PARKED = "parked"
    """It is the first message that met this refusal. Only this message waits."""
    SUSPENDED = "suspended"
    """A second, different message met it: all sending is suspended now."""
    KNOWN = "known"
    """The same message met it again, or sending is suspended for this reason already."""


class SuspensionStore(MessageStore):
    """Suspends and resumes sending."""

    def suspend(self, reason: str, *, retry_in: timedelta, circuit_open: bool = False) -> bool:
        """Suspend all sending. Return False if it was suspended for this reason before.

        Args:
            reason: shown to operators, and recorded for each message that is held.
            retry_in: the time until one message tries again.
            circuit_open: the provider is down, so other calls wait too.
        """
        return bool(self.scripts.run("suspend", [], reason, milliseconds(retry_in), int(circuit_open)))

    def note_refusal(self, client_tag: str, refusal: str, *, retry_in: timedelta) -> RefusalEffect:
        """Note a refusal that may concern all messages. A second, different message that meets it suspends sending.

        Args:
            client_tag: the message that was refused. It is marked as parked.
            refusal: what the provider said, the same text for the same kind of refusal.
            retry_in: while sending is suspended, the time until one message tries again.
        """
        keys = [self.keys.message(client_tag)]
        forgotten = milliseconds(REFUSAL_FORGOTTEN_AFTER)
        return RefusalEffect(
            self.scripts.run("note_refusal", keys, client_tag, refusal, milliseconds(retry_in), forgotten)
        )

    def resume(self) -> bool:
        """Resume sending. Return False if it was not suspended."""
        return bool(self.redis.delete(self.keys.suspension))

    def is_circuit_open(self) -> bool:
        """Return whether the provider is down and the time of the next retry has not come."""
        return bool(self.scripts.run("circuit_open", []))

    def find_resumable(self) -> list[str]:
        """Return the tags of held messages, oldest first. Empty while sending is suspended."""
        return [] if self.redis.exists(self.keys.suspension) else self._held()

    def find_probe(self) -> list[str]:
        """Return the tag of the held message that tries next, if sending is suspended and the time of a retry has come.

        It is one of the most urgent lane, and a parked one only if there is no other. So the provider is tried again
        even if no new message comes.
        """
        retry_at = self.redis.hget(self.keys.suspension, "retry_at")
        if retry_at is None or int(retry_at) > to_milliseconds(self.now()):
            return []
        held = [message for message in self.get(self._held()) if message is not None]
        ranked = sorted(held, key=lambda message: (message.parked, SENDING_LANES.index(message.lane)))
        return [message.client_tag for message in ranked[:1]]

    def _held(self) -> list[str]:
        return cast("list[str]", self.redis.zrange(self.keys.state(State.HELD), 0, BATCH - 1))
