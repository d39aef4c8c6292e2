"""What a difference between the store and the provider is. It holds a tag and states, no number and no text."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zettai.core.states import State
from zettai.core.store import StateUpdate


class What(StrEnum):
    """The kinds of differences."""

    MOVED_ON = "moved_on"
    """The provider knows more than the store: an ordinary check would have found it a little later."""
    RAISED = "raised"
    """Final here without success, and delivered after all."""
    TAKEN_UNRECORDED = "taken_unrecorded"
    """The provider has what counts as unsent or in doubt here: Redis lost its last moments, or a worker died."""
    CANCELED_THERE = "canceled_there"
    """A reservation is gone before its time: it was cancelled in the provider's console."""
    TAG_CONFLICT = "tag_conflict"
    """The tag stands for another message at the provider: somebody else's."""
    PROMISE_BROKEN = "promise_broken"
    """It counts as never sent here, and the provider has it."""
    UNKNOWN_HERE = "unknown_here"
    """The store knows no such tag: made by others, or before Redis was lost."""
    MISSING_THERE = "missing_there"
    """It was accepted, and the provider's list of that day lacks it."""
    CONTRADICTED = "contradicted"
    """Both know it and say different things, and nobody can say who is right."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One message about which store and provider differ.

    Attributes:
        client_tag: the message's.
        what: the kind of difference.
        store: the state here; None where the store does not know the tag.
        provider: what the provider says, in a few words.
        orders: what to record, in this order; none where it can only be reported.
    """

    client_tag: str
    what: What
    store: State | None
    provider: str
    orders: tuple[StateUpdate, ...] = ()

    @property
    def becomes(self) -> State | None:
        """The state that the orders lead to; None where they change none."""
        return next((order.to for order in reversed(self.orders) if order.to is not None), None)

    @property
    def action(self) -> str:
        """What is done about it, in a word."""
        return self.becomes or "report"

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "client_tag": self.client_tag,
            "what": self.what.value,
            "store": self.store.value if self.store else None,
            "provider": self.provider,
            "action": str(self.action),
        }
