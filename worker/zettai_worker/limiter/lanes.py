"""Choose the lane that gets the next slot. These functions know lanes only, not the threads that wait."""

from collections.abc import Collection

from zettai.core.lanes import Lane

STATUS_EVERY = 20
"""The status lane gets at least one slot in this many while it waits: 5 % of the limit."""


class LaneChooser:
    """Chooses the most urgent lane that waits, but guarantees a share to the status lane.

    Each process guarantees that share. So the status lane gets 5 % of all slots if it waits on all hosts.
    """

    def __init__(self) -> None:
        self._since_status = 0

    def choose(self, waiting: Collection[Lane]) -> Lane:
        """Return the lane that gets the next slot, out of the lanes that wait. At least one must."""
        lane = choose_lane(waiting, self._since_status)
        self._since_status = 0 if lane is Lane.STATUS else self._since_status + 1
        return lane


def choose_lane(waiting: Collection[Lane], since_status: int) -> Lane:
    """Return the lane that gets a slot.

    Args:
        waiting: the lanes that wait.
        since_status: the number of slots since the last one of the status lane.
    """
    if Lane.STATUS in waiting and since_status >= STATUS_EVERY - 1:
        return Lane.STATUS
    return next(lane for lane in Lane if lane in waiting)
