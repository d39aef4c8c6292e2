"""When a message is checked next, and when its answer is late: pure functions of time."""

from datetime import timedelta

from zettai.core.carriers import Carrier
from zettai.core.message import Message
from zettai_worker.settings import WorkerSettings

CLOCKS = timedelta(minutes=5)
"""By how much our clock and the provider's may differ: nearer to its time, a reservation that is gone may be sent."""

RAREST = 12
"""Checks never come rarer than this part of the time until we give up: each 6 hours of 72."""


def overdue_after(carrier: Carrier | None, settings: WorkerSettings) -> timedelta:
    """How long the carrier's answer may take.

    KDDI's failures come about 20 minutes late (the provider's specification), and an unknown carrier may be KDDI. Only
    the carrier that the caller gave rules it out: the one in an answer that is not final means nothing.
    """
    slow = carrier in {None, Carrier.KDDI}
    return max(settings.kddi_wait, settings.overdue_after) if slow else settings.overdue_after


def next_check(carrier: Carrier | None, elapsed: timedelta, settings: WorkerSettings) -> timedelta:
    """How long until the next check: as long again as it has taken so far, so that the gaps double.

    One check falls on the moment at which the message would become overdue, so that this is told in time.
    """
    gap = min(max(elapsed, settings.status_check_after), settings.give_up_after / RAREST)
    until_overdue = overdue_after(carrier, settings) - elapsed
    return min(gap, until_overdue) if until_overdue > timedelta() else gap


def is_overdue(message: Message, elapsed: timedelta, settings: WorkerSettings) -> bool:
    """Whether the answer is late. That ends nothing: checks go on."""
    return elapsed >= overdue_after(message.carrier, settings)
