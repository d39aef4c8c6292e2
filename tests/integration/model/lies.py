"""The lies that the provider told about a message, and the broken promises that they excuse."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from zettai import State


@dataclass
class Lies:
    """What the provider said about one message that was not true.

    Attributes:
        refused: code 100, 110 or 120 for a request that it took.
        duplicate: code 400 for the request by which it took the message, while its lists have another text. So our
            first attempt seems to meet another message.
        other_number: a row with our tag and another number.
        canceled: code 0 of a cancel that did nothing, or nothing yet.
        bulk_canceled: the same for a bulk cancel that covered the message.
        accepted_early: code 0 of a request that it took later.
        lagged: when a look-up by tag first did not show the message yet. That is no lie, but it counts as the first of
            two empty look-ups.
        denied: when look-ups by tag said that it does not have the message, with no answer in between that shows it.
    """

    refused: bool = False
    duplicate: bool = False
    other_number: bool = False
    canceled: bool = False
    bulk_canceled: bool = False
    accepted_early: bool = False
    lagged: datetime | None = None
    denied: list[datetime] = field(default_factory=list)

    def excuse(self, state: State, status_lag: timedelta) -> bool:
        """Return whether they explain that a message in this state, which means "never sent", went out.

        A refusal with code 100, 110 or 120 excuses each state, because the message may wait here after it. Without one,
        `expired` has no excuse.
        """
        denied_twice = bool(self.denied) and self.denied[-1] - (self.lagged or self.denied[0]) >= status_lag
        if self.refused:
            return True
        match state:
            case State.REJECTED:
                return denied_twice
            case State.FAILED:
                return self.duplicate or self.other_number or denied_twice
            case State.CANCELED:
                bulk = self.bulk_canceled and (self.lagged is not None or bool(self.denied))
                return self.canceled or bulk or self.accepted_early or denied_twice
        return False


class LieRecords(defaultdict[str, Lies]):
    """The lies about each message, by its tag."""

    def __init__(self) -> None:
        super().__init__(Lies)

    def shown(self, tag: str) -> None:
        """Record an answer that shows the message: earlier denials prove nothing any more."""
        self[tag].denied.clear()
        self[tag].lagged = None
