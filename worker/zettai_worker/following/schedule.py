"""When a message is checked next, and when its final status is overdue: pure functions of time."""

from datetime import datetime, timedelta

from zettai.core.carriers import Carrier
from zettai.core.message import Message
from zettai_worker.settings import WorkerSettings

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the provider's clock may differ from ours."""

MAX_GAP_DIVISOR = 12
"""The longest gap between two checks is `give_up_after` divided by this: 6 hours of 72."""


def overdue_after(carrier: Carrier | None, settings: WorkerSettings) -> timedelta:
    """Return after which time the final status of a message is overdue.

    KDDI reports failures about 20 minutes late (the provider's specification), and an unknown carrier may be KDDI. Only
    the carrier that the caller gave counts: the carrier in an answer that is not final means nothing.
    """
    is_slow = carrier in {None, Carrier.KDDI}
    return max(settings.kddi_wait, settings.overdue_after) if is_slow else settings.overdue_after


def next_check(carrier: Carrier | None, elapsed: timedelta, settings: WorkerSettings) -> timedelta:
    """Return the wait until the next check: as long as the time elapsed so far, so that the gaps double.

    One check falls on the moment at which the message becomes overdue, so that this is reported at once.
    """
    gap = min(max(elapsed, settings.status_check_after), settings.give_up_after / MAX_GAP_DIVISOR)
    until_overdue = overdue_after(carrier, settings) - elapsed
    return min(gap, until_overdue) if until_overdue > timedelta() else gap


def may_be_sent(message: Message, now: datetime) -> bool:
    """Return whether a reservation's send time has come, by our clock or the provider's."""
    return message.send_at is None or message.send_at <= now + CLOCK_TOLERANCE


def is_overdue(message: Message, elapsed: timedelta, settings: WorkerSettings) -> bool:
    """Return whether the final status is overdue. Checks continue all the same."""
    return elapsed >= overdue_after(message.carrier, settings)
