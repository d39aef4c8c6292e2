"""What the engine does with messages, in three steps. Only the second one calls the provider."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from zettai.core.lanes import Lane

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


class Slots(Protocol):
    """Where a call gets its slot of the rate limit, as from `Limiter`."""

    def acquire(self, lane: Lane, *, timeout: timedelta) -> datetime: ...  # noqa: D102 - see Limiter.acquire


class Work(Protocol[Item, Outcome]):
    """One kind of work: sends, status checks, look-ups or cancels."""

    @property
    def task(self) -> str:
        """The name of the task that hands over this work, for the log."""

    def take(self, client_tags: Sequence[str]) -> Sequence[Item]:
        """Claim or read messages by few round trips to Redis. Leave out those for which nothing is to be done."""

    def call(self, item: Item, slots: Slots) -> Outcome:
        """Make the calls for one message, in a thread of its own."""

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Record outcomes, in the order in which the calls ended."""

    def give_back(self, client_tags: Sequence[str]) -> None:
        """Make messages due at once, so that another worker takes them. This one stops and has not taken them."""


class CountedSlots:
    """The slots of one message's calls. It tells when the message has its first one."""

    __slots__ = ("_acquire", "_on_first")

    def __init__(self, slots: Slots, on_first: Callable[[], None]) -> None:
        self._acquire = slots.acquire
        self._on_first: Callable[[], None] | None = on_first

    def acquire(self, lane: Lane, *, timeout: timedelta) -> datetime:
        """Wait for a slot, see `Limiter.acquire`."""
        slot = self._acquire(lane, timeout=timeout)
        self.close()
        return slot

    def close(self) -> None:
        """Tell it now, if it was not told yet: the message needs no slot any more."""
        if self._on_first is not None:
            on_first, self._on_first = self._on_first, None
            on_first()
