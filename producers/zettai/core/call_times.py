"""How the longest time of a call of the client is divided."""

from datetime import timedelta
from typing import NamedTuple, Self


class CallTimes(NamedTuple):
    """The parts of a call's longest time. Recording takes up to two thirds of it, publishing the rest.

    Attributes:
        answer: for a connection to Redis, and for each of its answers.
        retry_for: after this time no command is tried again. The last one can take twice `answer`.
        disk: for the disk, if the message is durable.
        publish: for a connection to the broker, and for each of its answers. It is tried twice: three of them at most.
    """

    answer: timedelta
    retry_for: timedelta
    disk: timedelta
    publish: timedelta

    @classmethod
    def of(cls, longest: timedelta) -> Self:
        """Divide the longest time of a call."""
        return cls(answer=longest / 6, retry_for=longest / 3, disk=longest / 2, publish=longest / 9)
