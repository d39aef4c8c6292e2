"""The tasks: their names, sizes and argument types. Queues are named after the lanes.

A task carries client tags, and never a phone number or a text: those stay in the store.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from typing import Annotated, TypeVar

from pydantic import AfterValidator, Field

from zettai.core.lanes import TURN_LANES, Lane
from zettai.core.validation import checked_tag

Item = TypeVar("Item")

CHUNK = 48
"""The most client tags in a send or cancel task.

With more tags, a task costs less for each message. With fewer, processes share a backlog more evenly, because a task
goes to one of them.
"""

CHUNK_OF_CHECKS = 8
"""The most client tags in a status check task. Fewer, so that more processes share the checks that are due at once."""

MOST_TAGS = 1_000
"""The most client tags that a worker accepts in a task. The largest tasks, checks of a day, have half as many."""


def in_chunks(items: Iterable[Item], most: int = CHUNK) -> Iterator[list[Item]]:
    """Yield the items of one task after the other."""
    rest = iter(items)
    while chunk := list(islice(rest, most)):
        yield chunk


def send_task_of(lane: Lane) -> str:
    """Return the name of the task that sends messages of a lane."""
    return TaskName.SEND_IN_TURN if lane in TURN_LANES else TaskName.SEND


def _checked_day(text: str) -> str:
    date.fromisoformat(text)
    return text


GroupTag = Annotated[str, AfterValidator(checked_tag)]
"""A group in a task."""

ClientTags = Annotated[list[Annotated[str, AfterValidator(checked_tag)]], Field(max_length=MOST_TAGS)]
"""Client tags in a task."""

Day = Annotated[str, AfterValidator(_checked_day)]
"""A day in a task, as `YYYY-MM-DD`."""

TickTime = Annotated[int, Field(ge=0, lt=2**53)]
"""When beat handed out a tick, in milliseconds since 1970 by the clock of Redis."""


class TaskName:
    """The names of the tasks. They do not change between versions: a worker deletes tasks with unknown names."""

    SEND = "zettai.send"
    """Arguments: a list of client tags."""
    SEND_IN_TURN = "zettai.send_in_turn"
    """Arguments: a list of client tags. So many messages of the lane are sent; the store decides which ones come next.
    """
    CANCEL = "zettai.cancel"
    """Arguments: a list of client tags of reservations with a recorded cancel request."""
    CANCEL_GROUP = "zettai.cancel_group"
    """Arguments: the group."""
    CANCEL_ALL = "zettai.cancel_all"
    """Arguments: the client id of the account, as confirmation."""
    CHECK = "zettai.check"
    """Arguments: a list of client tags."""
    CHECK_DAY = "zettai.check_day"
    """Arguments: the day of sending (`YYYY-MM-DD`), and a list of client tags."""
    LOOK_UP = "zettai.look_up"
    """Arguments: a list of client tags of messages whose outcome is unknown."""
    PUBLISH_DUE = "zettai.publish_due"
    """Arguments, of this task and of those below: when beat handed out the tick."""
    SWEEP = "zettai.sweep"
    PURGE = "zettai.purge"
    COMPARE_RESERVATIONS = "zettai.compare_reservations"
    COMPARE_STATUSES = "zettai.compare_statuses"
    COMPARE_PARTS = "zettai.compare_parts"


PERIODIC = (
    TaskName.PUBLISH_DUE,
    TaskName.SWEEP,
    TaskName.PURGE,
    TaskName.COMPARE_RESERVATIONS,
    TaskName.COMPARE_STATUSES,
    TaskName.COMPARE_PARTS,
)
"""The tasks that beat publishes."""
