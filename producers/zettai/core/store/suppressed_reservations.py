"""Searches the reservations at the provider for numbers that were added to the suppression list."""

from typing import cast

from zettai.core.states import State
from zettai.core.store.scripts import BATCH
from zettai.core.store.store import CANCEL_GRACE, MessageStore
from zettai.core.times import milliseconds


class SuppressedReservationStore(MessageStore):
    """Requests the cancel of reservations whose number is suppressed.

    A search looks through all reservations, step by step. It begins when numbers were added since the last one began,
    and any worker goes on where another one stopped. What is reserved after an addition is found without a search.
    """

    def search_reservations(self) -> tuple[list[str], bool]:
        """Do one step of the search.

        Returns:
            The tags of reservations for which a task must be published that cancels them, and whether the search is
            complete.
        """
        with self.redis.pipeline(transaction=False) as pipe:
            pipe.hget(self.keys.suppression_list, "additions")
            pipe.hmget(self.keys.suppression_search, ["searched", "started", "position"])
            additions, (searched, started, position) = pipe.execute()
        if additions == searched:
            return [], True
        tags, next_position = self._page(position or "-inf")
        keys = [self.keys.message(tag) for tag in tags]
        answers = self._run_for_each(
            "search_reservations",
            tags,
            keys,
            started or additions,
            next_position,
            milliseconds(CANCEL_GRACE),
        )
        return [tag for tag, answer in zip(tags, answers, strict=True) if answer == 1], False

    def _page(self, position: str) -> tuple[list[str], str]:
        """Return reservations from a position on, and the position of the next page: empty if there is none.

        A position is the time at which messages were reserved. Those of the last time of a page are in the next page
        too. So a page with one time only is read again, and longer.
        """
        key, size = self.keys.state(State.SCHEDULED), BATCH
        while True:
            found = cast(
                "list[tuple[str, float]]",
                self.redis.zrange(key, position, "+inf", byscore=True, offset=0, num=size, withscores=True),
            )
            tags = [tag for tag, _ in found]
            if len(found) < size:
                return tags, ""
            if found[0][1] < found[-1][1]:
                return tags, f"{found[-1][1]:.0f}"
            size *= 2
