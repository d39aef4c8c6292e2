"""Which lane gets a slot: a pure rule. Who waits in the lanes is not known here."""

from collections.abc import Collection

from zettai.core.lanes import Lane

STATUS_EVERY = 20
"""One slot in so many is for the status lane, if it waits: 5 % of the limit."""


class Turns:
    """Gives slots to lanes by their order, so that a busy lane never holds up a more urgent one; status has a floor.

    The floor holds in each process. Of all hosts, the status lane so gets 5 % if it waits on all of them.
    """

    def __init__(self) -> None:
        self._without_status = 0

    def next(self, waiting: Collection[Lane]) -> Lane:
        """The lane that gets the next slot, out of those that wait; at least one must."""
        lane = choose(waiting, self._without_status)
        self._without_status = 0 if lane is Lane.STATUS else self._without_status + 1
        return lane


def choose(waiting: Collection[Lane], without_status: int) -> Lane:
    """The lane that gets a slot.

    Args:
        waiting: the lanes in which somebody waits.
        without_status: slots since the last one that the status lane got.
    """
    if Lane.STATUS in waiting and without_status >= STATUS_EVERY - 1:
        return Lane.STATUS
    return next(lane for lane in Lane if lane in waiting)
