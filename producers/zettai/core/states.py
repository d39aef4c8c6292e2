"""The states of a message, and the allowed transitions. The store's scripts get their table from here."""

from enum import StrEnum


class State(StrEnum):
    """The state of a message."""

    QUEUED = "queued"
    """Recorded here. Not tried yet, or proven not sent."""
    HELD = "held"
    """Waits while sending is suspended: paused by an operator, quota used up, or the provider is down."""
    SUBMITTING = "submitting"
    """Claimed by a worker. Recorded before the request is made."""
    SUBMIT_UNKNOWN = "submit_unknown"
    """The provider may or may not have accepted it."""
    SCHEDULED = "scheduled"
    """The provider holds a reservation."""
    ACCEPTED = "accepted"
    """The provider accepted it for sending, or the time of its reservation came."""
    SENDING = "sending"
    """On its way to the carrier (`statusId` 1)."""
    DELIVERED = "delivered"
    """The provider reports that it was delivered (`statusId` 2)."""
    UNDELIVERED = "undelivered"
    """The provider reports that it was not delivered (`statusId` 3)."""
    DELIVERY_UNKNOWN = "delivery_unknown"
    """No final status came before `ZETTAI_GIVE_UP_AFTER`."""
    REJECTED = "rejected"
    """The provider rejected it. The reason has the provider's text."""
    EXPIRED = "expired"
    """It expired before it could be sent."""
    CANCELED = "canceled"
    """It was canceled before it was sent."""
    FAILED = "failed"
    """Another sender used the client tag, so it cannot be sent."""

    @property
    def is_final(self) -> bool:
        """Whether the state is final. A late report may still change some final states to `delivered`."""
        return self in FINAL

    @property
    def was_never_sent(self) -> bool:
        """Whether this state guarantees that the provider did not send the message."""
        return self in NEVER_SENT


NEVER_SENT = frozenset({State.REJECTED, State.EXPIRED, State.CANCELED, State.FAILED})

FINAL = NEVER_SENT | {State.DELIVERED, State.UNDELIVERED, State.DELIVERY_UNKNOWN}

AT_PROVIDER = frozenset({State.SCHEDULED, State.ACCEPTED, State.SENDING})
"""States of messages that the provider has. Status checks update them."""

EVENT_STATES = FINAL | {State.SCHEDULED, State.ACCEPTED}
"""States that applications learn about by an event."""

UNSENT = frozenset({State.QUEUED, State.HELD})
"""States in which a message is canceled at once, without a call to the provider."""

FOUND = frozenset({State.SCHEDULED, State.ACCEPTED, State.FAILED})
"""States that follow if the provider has the tag of a message that is not sent here: Redis lost its latest writes."""

TRANSITIONS: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.HELD, State.SUBMITTING, State.CANCELED, State.EXPIRED}) | FOUND,
    State.HELD: frozenset({State.QUEUED, State.CANCELED, State.EXPIRED}) | FOUND,
    State.SUBMITTING: UNSENT | {State.SUBMIT_UNKNOWN} | AT_PROVIDER | FINAL,
    State.SUBMIT_UNKNOWN: frozenset({State.SUBMITTING, State.SCHEDULED, State.ACCEPTED}) | FINAL - {State.EXPIRED},
    State.SCHEDULED: frozenset({State.ACCEPTED, State.SENDING, State.CANCELED}) | FINAL - NEVER_SENT,
    State.ACCEPTED: frozenset({State.SENDING}) | FINAL - NEVER_SENT,
    State.SENDING: FINAL - NEVER_SENT,
    State.DELIVERED: frozenset(),
    State.UNDELIVERED: frozenset({State.DELIVERED}),
    State.DELIVERY_UNKNOWN: frozenset({State.DELIVERED}),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
    State.CANCELED: frozenset(),
    State.FAILED: frozenset(),
}
"""The states that may follow each state. A message that the provider may have never becomes `queued`, `held` or
`expired`."""
