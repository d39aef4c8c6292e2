"""One message that the provider accepted. The `account` has all of them."""

from dataclasses import dataclass
from enum import StrEnum

from zettai_simulator.carriers import Fate, Status
from zettai_simulator.submissions import Submission

_SINGLE_PART = 70
_LONG_PART = 66


class State(StrEnum):
    """The state of a message at the provider, apart from the carrier's status."""

    RESERVED = "reserved"
    CANCELLED = "cancelled"
    SENT = "sent"


class Canceller(StrEnum):
    """Who canceled a reservation."""

    CALL = "call"
    CONSOLE = "console"


@dataclass(slots=True)
class Message:
    """A submission, its due time, and the result that it will have.

    Attributes:
        serial: Its place in the order of taking, from 0.
        submission: What was asked for.
        fate: What becomes of it once it is sent.
        taken_at: When the provider took it.
        due_at: When it is sent, unless it is canceled.
        sent_text: The text as the recipient gets it.
        shown_number: The number as status answers and reports show it.
        cancelled_at: When its reservation was cancelled.
        cancelled_by: Who did that.
    """

    serial: int
    submission: Submission
    fate: Fate
    taken_at: int
    due_at: int
    sent_text: str
    shown_number: str
    cancelled_at: int | None = None
    cancelled_by: Canceller | None = None

    def state(self, now: int) -> State:
        """Return reserved, canceled or sent, as it was at this time."""
        if self.cancelled_at is not None and self.cancelled_at <= now:
            return State.CANCELLED
        return State.RESERVED if now < self.due_at else State.SENT

    def status(self, now: int) -> Status:
        """Return the `statusId` of a message that was sent."""
        return self.fate.status_after(now - self.due_at)

    @property
    def ends_at(self) -> int | None:
        """When its final status is known; None if it will have none."""
        return self.due_at + self.fate.delay if self.fate.ends else None

    @property
    def parts(self) -> int:
        """How many parts the carrier bills if it delivers."""
        length = len(self.submission.message)
        return 1 if length <= _SINGLE_PART else -(-length // _LONG_PART)

    def billed_parts(self, status: Status) -> int:
        """Return the `separatedSuccessCount` for this status."""
        return self.parts if status is Status.DELIVERED else 0
