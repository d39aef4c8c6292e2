"""Suspension: all sending waits, for quota, credentials, an operator or an outage; or one sender code waits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import cast

from zettai.core.lanes import SENDING_LANES
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store.scripts import BATCH
from zettai.core.store.store import MessageStore
from zettai.core.times import from_milliseconds, milliseconds

REFUSAL_FORGOTTEN_AFTER = timedelta(minutes=10)
"""A refusal of one message that no other message has met within this time concerned that message alone."""


PAUSED = "paused"
"""The reason of a suspension by which messages wait during a pause of all calls. It is no problem of the account."""


class RefusalEffect(StrEnum):
    """What follows from a refusal that may concern other messages."""

    PARKED = "parked"
    """It is the first message that met this refusal. Only this message waits."""
    SUSPENDED = "suspended"
    """A second, different message met it: all sending, or the sender code, is suspended now."""
    KNOWN = "known"
    """The same message met it again, or it is the reason of a suspension already."""


@dataclass(frozen=True, slots=True)
class Suspension:
    """A suspension of all sending, or of one sender code.

    Attributes:
        sender: the sender code; None if all sending is suspended.
        reason: the provider's refusal, or what happened.
        retry_at: when one message tries again.
        circuit_open: the provider is down.
    """

    sender: str | None
    reason: str
    retry_at: datetime
    circuit_open: bool


def read_suspensions(fields: Mapping[str, str]) -> Iterator[Suspension]:
    """Yield the suspensions that the hash `Keys.suspension` holds. suspension.lua writes it."""
    for name, reason in fields.items():
        scope, is_reason, _ = name.rpartition("reason")
        if is_reason:
            yield Suspension(
                sender=scope.strip() or None,
                reason=reason,
                retry_at=from_milliseconds(fields[f"{scope}retry_at"]),
                circuit_open=f"{scope}circuit_open" in fields,
            )


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

    def note_refusal(
        self, client_tag: str, refusal: str, *, retry_in: timedelta, sender: str | None = None
    ) -> RefusalEffect:
        """Note a refusal that may concern other messages. If a second, different message meets it, they are suspended.

        Args:
            client_tag: the message that was refused. It is marked as parked.
            refusal: what the provider said, the same text for the same kind of refusal.
            retry_in: while sending is suspended, the time until one message tries again.
            sender: the sender code that was refused; None if the refusal may concern all messages.
        """
        keys = [self.keys.message(client_tag)]
        forgotten = milliseconds(REFUSAL_FORGOTTEN_AFTER)
        return RefusalEffect(
            self.scripts.run("note_refusal", keys, client_tag, refusal, milliseconds(retry_in), forgotten, sender or "")
        )

    def resume(self) -> bool:
        """Resume all sending, and all sender codes. Return False if nothing was suspended."""
        return bool(self.redis.delete(self.keys.suspension))

    def suspensions(self) -> dict[str | None, Suspension]:
        """Return the suspensions by their sender code; that of all sending has None."""
        fields = cast("dict[str, str]", self.redis.hgetall(self.keys.suspension))
        return {one.sender: one for one in read_suspensions(fields)}

    def is_circuit_open(self) -> bool:
        """Return whether the provider is down and the time of the next retry has not come."""
        return bool(self.scripts.run("circuit_open", []))

    def find_resumable(self) -> list[str]:
        """Return the tags of held messages that nothing suspends any more, oldest first."""
        suspended = self.suspensions()
        if None in suspended:
            return []
        if not suspended:
            return self._held()
        held = self.get(self._held())
        return [message.client_tag for message in held if message and self._sender(message) not in suspended]

    def find_probes(self) -> list[str]:
        """Return the tags of the held messages that try next, one for each suspension whose time of a retry has come.

        It is one of the most urgent lane, and a parked one only if there is no other. So the provider is tried again
        even if no new message comes.
        """
        suspended, now = self.suspensions(), self.now()
        waiting = {sender for sender, one in suspended.items() if one.retry_at > now}
        if None in waiting or len(waiting) == len(suspended):
            return []
        held = [message for message in self.get(self._held()) if message and self._sender(message) not in waiting]
        held.sort(key=lambda message: (message.parked, SENDING_LANES.index(message.lane)))
        if None in suspended:
            return [message.client_tag for message in held[:1]]
        first = {self._sender(message): message.client_tag for message in reversed(held)}
        return [tag for sender, tag in first.items() if sender in suspended]

    def _sender(self, message: Message) -> str | None:
        return message.sender or self.sms_code

    def _held(self) -> list[str]:
        return cast("list[str]", self.redis.zrange(self.keys.state(State.HELD), 0, BATCH - 1))
