"""What became of a new message. The same type goes from the store to the caller of `send_many`."""

from dataclasses import dataclass
from typing import Self

from zettai.core.errors import ZettaiError
from zettai.core.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateResult:
    """What became of one new message.

    Attributes:
        position: the position of the message in the call, from 0.
        message: the recorded message. None if nothing was recorded.
        error: why nothing was recorded. Together with a message it is `NotDurable`: the message is recorded and will be
            sent, but may not be on disk yet.
        repeated: the message existed before, with the same tag and content. It is not sent a second time.
    """

    position: int = 0
    message: Message | None = None
    error: ZettaiError | None = None
    repeated: bool = False

    def at(self, position: int) -> Self:
        """Return the result for another position."""
        # `dataclasses.replace` takes seven times as long, and this runs for each message.
        return type(self)(position=position, message=self.message, error=self.error, repeated=self.repeated)

    @property
    def ok(self) -> bool:
        """Whether the message is recorded. It will be sent, unless it is `suppressed`."""
        return self.message is not None

    @property
    def suppressed(self) -> bool:
        """Whether the message is recorded as canceled, because its number is suppressed."""
        return self.message is not None and self.message.is_suppressed

    def message_or_raise(self) -> Message:
        """Return the message. Raise the error if there is one."""
        if self.message is None or self.error is not None:
            raise self.error or ZettaiError("no message was recorded")
        return self.message
