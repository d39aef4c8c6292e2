"""What a worker decides to record about a message. `after_attempt.py` and `after_lookup.py` decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store import StateUpdate
from zettai_worker.provider import ProviderError, Refused
from zettai_worker.settings import WorkerSettings

RESERVATION_REFUSED = "reservation_refused"
"""The field of the record of a message that the provider did not reserve because of its time."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that may concern other messages. A second, different message that meets it suspends them.

    Attributes:
        kind: the same text for the same kind of refusal.
        retry_in: while sending is suspended, the time until one message tries again.
        sender: the sender code that was refused; None if the refusal may concern all messages.
    """

    kind: str
    retry_in: timedelta
    sender: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What to record about a message.

    Attributes:
        to: its next state; None leaves the state unchanged.
        reason: recorded in the message's history.
        due_in: after which time a worker acts on the message again.
        not_attempted: the attempt does not count, because the provider was not called.
        suspends_account: an operator has paused all calls.
        refusal: why the message is parked.
        fields: to set in the record.
        found: what a look-up has shown; None without one, or if it failed.
        calls: how many calls the look-up has cost.
    """

    to: State | None
    reason: str
    due_in: timedelta | None = None
    not_attempted: bool = False
    suspends_account: bool = False
    refusal: Refusal | None = None
    fields: Mapping[str, str | int] = field(default_factory=dict)
    found: bool | None = None
    calls: int = 0

    def to_update(self, client_tag: str, expected_state: State, claim_id: str | None = None) -> StateUpdate:
        """Return the update that records it, if the message is still in the expected state."""
        return StateUpdate(
            client_tag=client_tag,
            expected_states=frozenset({expected_state}),
            claim_id=claim_id,
            to=self.to,
            reason=self.reason,
            due_in=self.due_in,
            not_attempted=self.not_attempted,
            fields=self.fields,
            found=self.found,
            calls=self.calls,
        )


@dataclass(frozen=True, slots=True)
class NeedsLookup:
    """The answer alone decides nothing: look the tag up at the provider, then call `after_lookup`.

    Attributes:
        refusal: the provider's answer to the attempt.
    """

    refusal: Refused


class ClaimLost(Exception):  # noqa: N818 - reads as the fact that it states
    """The claim ended before the request was written, so the request must not be sent."""


class MessageExpired(Exception):  # noqa: N818 - reads as the fact that it states
    """The message expired before the request was written, so it must not be sent."""


def reserved(message: Message, reason: str, settings: WorkerSettings, now: datetime) -> Decision:
    """Return the decision if the provider has the reservation: check its status after its send time."""
    until_send_time = max(message.send_at - now, timedelta()) if message.send_at else timedelta()
    return Decision(State.SCHEDULED, reason, until_send_time + settings.status_check_after)


def describe(error: ProviderError) -> str:
    """Return the provider's words of a refusal, or the reason of another error."""
    return f"{error.code} {error.provider_message}" if isinstance(error, Refused) else error.reason
