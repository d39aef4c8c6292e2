"""When the provider is asked about a message again, and when its final status is overdue: pure functions of time."""

from datetime import datetime, timedelta

from zettai.core.carriers import Carrier
from zettai.core.message import Message
from zettai_worker.settings import WorkerSettings

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the provider's clock may differ from ours."""

MAX_GAP_DIVISOR = 12
"""The longest gap between two questions is `give_up_after` divided by this: 6 hours of 72."""

CALL_BUDGET = 60
"""The most calls about one message, without its sends. A message that uses them up would slow down the others."""

LAST_QUESTION = CALL_BUDGET - 4
"""After so many calls nothing is asked any more. The rest of the budget is for a question of several calls."""


def may_ask(message: Message) -> bool:
    """Return whether the call budget of a message allows another question."""
    return message.calls < LAST_QUESTION


def next_question(message: Message, elapsed: timedelta, end: timedelta, settings: WorkerSettings) -> timedelta:
    """Return the wait until the provider is asked about a message again.

    The wait is as long as the doubt has lasted so far, so that the gaps double, whatever the provider answers. The last
    question is at the end. A message that has used its call budget is due at its end only.

    Args:
        message: whose calls are counted.
        elapsed: since the doubt began.
        end: how long after its beginning the doubt ends.
        settings: for the first and the longest gap.
    """
    until_end = max(end - elapsed, settings.status_check_after)
    if not may_ask(message):
        return until_end
    gap = min(max(elapsed, settings.status_check_after), settings.give_up_after / MAX_GAP_DIVISOR)
    return min(gap, until_end)


def last_checks_end(settings: WorkerSettings) -> timedelta:
    """Return how long after it was sent a message ends, whatever the provider answers.

    At `give_up_after` a message ends if the provider still shows it without a final status. If the provider does not
    show it then, the last question is repeated for as long as the longest gap: one lost answer must not decide.
    """
    return settings.give_up_after + settings.give_up_after / MAX_GAP_DIVISOR


def next_check(message: Message, elapsed: timedelta, settings: WorkerSettings) -> timedelta:
    """Return the wait until the next status check of a message at the provider.

    One check falls on the moment at which the message becomes overdue, so that this is reported at once.
    """
    if elapsed >= settings.give_up_after:
        over = elapsed - settings.give_up_after
        return next_question(message, over, last_checks_end(settings) - settings.give_up_after, settings)
    wait = next_question(message, elapsed, settings.give_up_after, settings)
    until_overdue = overdue_after(message.carrier, settings) - elapsed
    return min(wait, until_overdue) if until_overdue > timedelta() else wait


def overdue_after(carrier: Carrier | None, settings: WorkerSettings) -> timedelta:
    """Return after which time the final status of a message is overdue.

    KDDI reports failures about 20 minutes late (the provider's specification), and an unknown carrier may be KDDI. Only
    the carrier that the caller gave counts: the carrier in an answer that is not final means nothing.
    """
    is_slow = carrier in {None, Carrier.KDDI}
    return max(settings.kddi_wait, settings.overdue_after) if is_slow else settings.overdue_after


def is_overdue(message: Message, elapsed: timedelta, settings: WorkerSettings) -> bool:
    """Return whether the final status is overdue. Checks continue all the same."""
    return elapsed >= overdue_after(message.carrier, settings)


def may_be_sent(message: Message, now: datetime) -> bool:
    """Return whether a reservation's send time has come, by our clock or the provider's."""
    return message.send_at is None or message.send_at <= now + CLOCK_TOLERANCE
