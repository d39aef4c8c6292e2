"""A difference between the store and the provider. It has a client tag and states, no phone number and no text."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zettai.core.states import State
from zettai.core.store import StateUpdate


class DifferenceKind(StrEnum):
    """The kinds of differences. The values are labels of metrics, and part of the output of `zettai reconcile`."""

    MOVED_ON = "moved_on"
    """The provider has a later status. An ordinary status check would find it a little later."""
    RAISED = "raised"
    """The store has a final state without success, and the provider has delivered the message."""
    TAKEN_UNRECORDED = "taken_unrecorded"
    """The store has the message as unsent or its outcome as unknown, and the provider has the message: Redis lost its
    last writes, or a worker died.
    """
    CANCELED_THERE = "canceled_there"
    """A reservation is gone before its send time: it was canceled in the provider's console."""
    TAG_CONFLICT = "tag_conflict"
    """The provider has another message under the tag."""
    PROMISE_BROKEN = "promise_broken"
    """The store has the message as never sent, and the provider has it. A reservation is canceled again."""
    UNKNOWN_HERE = "unknown_here"
    """The store does not know the tag: another system made it, or Redis was lost since."""
    MISSING_THERE = "missing_there"
    """The provider accepted the message, and does not show it. Of a reservation it is asked again before anything is
    recorded.
    """
    CONTRADICTED = "contradicted"
    """Store and provider have different facts, and neither is provably right."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A message about which store and provider differ.

    Attributes:
        client_tag: of the message.
        kind: of the difference.
        store: the state in the store; None if the store does not know the tag.
        provider: what the provider has, in a few words.
        updates: what to record, in this order; empty if the difference can only be reported.
        cancels_again: cancel the reservation again, because the store has it as canceled.
        adds_facts: the updates keep the state, and add what the provider knows about the message.
    """

    client_tag: str
    kind: DifferenceKind
    store: State | None
    provider: str
    updates: tuple[StateUpdate, ...] = ()
    cancels_again: bool = False
    adds_facts: bool = False

    @property
    def new_state(self) -> State | None:
        """The state after the updates; None if they record nothing that the provider knows."""
        if self.adds_facts:
            return self.store
        return next((update.to for update in reversed(self.updates) if update.to is not None), None)

    @property
    def action(self) -> str:
        """The new state, "cancel again" or "report"."""
        return "cancel again" if self.cancels_again else self.new_state or "report"

    def to_dict(self) -> dict[str, Any]:
        """Return the difference ready for JSON."""
        return {
            "client_tag": self.client_tag,
            "what": self.kind.value,
            "store": self.store.value if self.store else None,
            "provider": self.provider,
            "action": str(self.action),
        }
