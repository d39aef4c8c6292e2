"""When the provider is asked about a message again, and when a message is overdue."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from zettai import Lane, Message, State
from zettai.core.carriers import Carrier
from zettai.core.times import JST
from zettai_worker.following.schedule import LAST_QUESTION, next_check, next_question, overdue_after
from zettai_worker.settings import WorkerSettings

SETTINGS = WorkerSettings.load(token="f" * 32, client_id="1234", sms_code="12345")

NOON = datetime(2026, 8, 1, 12, tzinfo=JST)

MESSAGE = Message(
    client_tag="t1",
    to="+819012345678",
    lane=Lane.NORMAL,
    state=State.ACCEPTED,
    since=NOON,
    reason="code 0",
    created_at=NOON,
    expires_at=NOON,
    sent_at=NOON,
)


def test_gaps_between_checks_double_up_to_six_hours() -> None:
    elapsed, gaps = timedelta(), []
    while elapsed < SETTINGS.give_up_after:
        gaps.append(next_check(MESSAGE, elapsed, SETTINGS))
        elapsed += gaps[-1]

    assert gaps[0] == SETTINGS.status_check_after
    assert max(gaps) == timedelta(hours=6)
    assert len(gaps) < 30


def test_last_question_is_at_the_end() -> None:
    end, elapsed = timedelta(hours=50), timedelta()
    while elapsed < end:
        elapsed += next_question(MESSAGE, elapsed, end, SETTINGS)

    assert elapsed - end <= SETTINGS.status_check_after


@pytest.mark.parametrize("elapsed", [timedelta(), timedelta(hours=1), timedelta(hours=71)])
def test_message_without_calls_left_is_due_at_its_end(elapsed: timedelta) -> None:
    message = replace(MESSAGE, calls=LAST_QUESTION)

    assert next_question(message, elapsed, SETTINGS.give_up_after, SETTINGS) == SETTINGS.give_up_after - elapsed


def test_message_without_calls_left_becomes_overdue_in_time() -> None:
    message = replace(MESSAGE, calls=LAST_QUESTION)

    assert next_check(message, timedelta(minutes=1), SETTINGS) == timedelta(minutes=24)


def test_gaps_do_not_depend_on_the_number_of_calls() -> None:
    """A process that is killed before it records a call must not ask again and again."""
    gaps = {next_check(replace(MESSAGE, calls=calls), timedelta(hours=1), SETTINGS) for calls in range(LAST_QUESTION)}

    assert gaps == {timedelta(hours=1)}


@pytest.mark.parametrize(
    ("carrier", "minutes"),
    [(None, 25), (Carrier.KDDI, 25), (Carrier.DOCOMO, 10), (Carrier.SOFTBANK, 10), (Carrier.RAKUTEN, 10)],
)
def test_a_check_falls_on_the_moment_at_which_a_message_becomes_overdue(carrier: Carrier | None, minutes: int) -> None:
    message = replace(MESSAGE, carrier=carrier)
    elapsed, moments = timedelta(), set()
    while elapsed < timedelta(hours=1):
        elapsed += next_check(message, elapsed, SETTINGS)
        moments.add(elapsed)

    assert overdue_after(carrier, SETTINGS) == timedelta(minutes=minutes)
    assert timedelta(minutes=minutes) in moments
