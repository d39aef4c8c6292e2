"""The states of a message, and which may follow which. The only copy: the store's scripts are built from it."""

from enum import StrEnum


class State(StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    """Recorded here, not yet tried, or proven unsent."""
    HELD = "held"
    """Not to be sent now: paused, quota used up, provider down."""
    SUBMITTING = "submitting"
    """Claimed by a worker under a lease; written before the request."""
    SUBMIT_UNKNOWN = "submit_unknown"
    """The provider may or may not have taken it."""
    SCHEDULED = "scheduled"
    """The provider holds a reservation."""
    ACCEPTED = "accepted"
    """Taken for sending, or a reservation whose time came."""
    SENDING = "sending"
    """On its way to the carrier."""
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    DELIVERY_UNKNOWN = "delivery_unknown"
    """No answer until we gave up asking."""
    REJECTED = "rejected"
    """Refused by the provider, with its words."""
    EXPIRED = "expired"
    """Its time ran out before it could be sent."""
    CANCELED = "canceled"
    FAILED = "failed"
    """Cannot be sent, through no fault of its content: somebody else used the tag."""

    @property
    def is_final(self) -> bool:
        """Whether the message has come to its end (which a late success may still raise to `delivered`)."""
        return self in FINAL

    @property
    def was_never_sent(self) -> bool:
        """Whether this state is a promise that the provider never sent the message."""
        return self in NEVER_SENT


NEVER_SENT = frozenset({State.REJECTED, State.EXPIRED, State.CANCELED, State.FAILED})

FINAL = NEVER_SENT | {State.DELIVERED, State.UNDELIVERED, State.DELIVERY_UNKNOWN}

AT_PROVIDER = frozenset({State.SCHEDULED, State.ACCEPTED, State.SENDING})
"""States that a status check moves on."""

UNSENT = frozenset({State.QUEUED, State.HELD})
"""States in which a cancel needs nobody's leave."""

FOUND = frozenset({State.SCHEDULED, State.ACCEPTED, State.FAILED})
"""What follows where the provider has the tag of a message that counts as unsent here: Redis lost its last moments."""

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
"""What may follow each state. A message that was perhaps taken never becomes `queued`, `held` or `expired`."""
