"""How many messages of each kind a chaos run has."""

from dataclasses import dataclass

GROUPS = {"grouped": "chaos-group", "soon": "chaos-group-soon"}
"""The group of each kind that is canceled together. Corrected messages are in one of them too."""


@dataclass(frozen=True, slots=True)
class Mix:
    """The number of messages of each kind, and the seconds over which they are sent.

    Attributes:
        canceled: reservations, canceled one by one.
        grouped: reservations, canceled together.
        soon: the same, canceled together less than 5 minutes before their time.
        corrected: reservations in each of these two groups, made right after its cancel; they are sent.
        forbidden: messages to a number for which the provider always answers HTTP 403.
        late: reservations that the provider sends before they are canceled.
        kept: reservations that are sent at their time, 3 minutes ahead.
        near: messages for the next minute, which wait in the store.
        raced: single messages, canceled or replaced while workers send them.
        opted_out: numbers that are suppressed while workers send to them. Each has a reservation, a message just before
            that, and one after it.
        moved: reservations that are replaced; their successors are sent.
        chased: the same, but the provider may send them before they are replaced.
        held: reservations that a pause of their group takes back from the provider; they are reserved again and sent.
    """

    bulk: int
    normal: int
    urgent: int
    canceled: int
    grouped: int
    late: int
    kept: int = 0
    near: int = 0
    raced: int = 0
    soon: int = 0
    corrected: int = 0
    forbidden: int = 0
    opted_out: int = 0
    moved: int = 0
    chased: int = 0
    held: int = 0
    seconds: float = 60.0

    @property
    def total(self) -> int:
        """The number of all messages."""
        kinds = (self.bulk, self.normal, self.urgent, self.canceled, self.grouped, self.late)
        again = self.corrected * sum(bool(getattr(self, kind)) for kind in GROUPS)
        again += self.moved + self.chased + self.held
        return sum(kinds) + self.kept + self.near + self.raced + self.soon + self.forbidden + again + 3 * self.opted_out
