"""The right to cancel many reservations by one call.

If such a call is repeated late, it cancels what was reserved since. So the store gives the right to make it once for
each request, and only within a minute. It gives no right if a reservation without a request to cancel would be canceled
too. While the right lasts, no message of the group is reserved.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store.store import MessageStore, bulk_cancel_name
from zettai.core.times import milliseconds

MAY_BE_RESERVED = (State.SUBMITTING, State.SUBMIT_UNKNOWN, State.SCHEDULED)
"""States of reservations that the provider has or may have."""

REQUEST_VALID_FOR = timedelta(seconds=60)
"""How long after the request the right to a bulk cancel is given."""


class BulkCancelStore(MessageStore):
    """Gives the right to a bulk cancel."""

    def take_bulk_cancel(self, group: str | None, *, usable_for: timedelta) -> bool:
        """Take the right to cancel all reservations of a group, or with None of the account, by one call.

        Args:
            group: the group.
            usable_for: how long the right lasts, with the call. Until then no message of the group is reserved.

        Returns:
            False if it was not requested within a minute, the right was given before, or something is reserved that
            is not to be canceled: cancel each message by itself.
        """
        name = bulk_cancel_name(group)
        most, lasts = milliseconds(REQUEST_VALID_FOR), milliseconds(usable_for)
        if not self.scripts.run("take_bulk_cancel", [], name, most, lasts):
            return False
        if all(message.cancel_requested for message in self._at_risk(group)):
            return True
        self.end_bulk_cancel(group)
        return False

    def end_bulk_cancel(self, group: str | None) -> None:
        """Give the right back after the call, so that messages of the group are reserved again."""
        self.redis.hdel(self.keys.bulk_cancels, f"running{bulk_cancel_name(group)}")

    def _at_risk(self, group: str | None) -> Iterator[Message]:
        """Yield the messages that are reserved at the provider, or may be."""
        if group is not None:
            found = self.find(group=group)
        else:
            # `scheduled` last: a message that is reserved meanwhile moves there. None starts while the right lasts.
            found = chain.from_iterable(self.find(state=state) for state in MAY_BE_RESERVED)
        return (message for message in found if message.state in MAY_BE_RESERVED and message.send_at is not None)
