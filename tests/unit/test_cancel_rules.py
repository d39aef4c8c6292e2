"""What proves that a reservation is canceled, and when the provider is asked again."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from zettai import Lane, Message, State
from zettai.core.times import JST
from zettai_worker.following.cancel_rules import CancelResult, after_cancel
from zettai_worker.following.schedule import CLOCK_TOLERANCE, LAST_QUESTION
from zettai_worker.settings import WorkerSettings

SETTINGS = WorkerSettings.load(token="f" * 32, client_id="1234", sms_code="12345")

LAG = SETTINGS.status_lag
LISTED_AFTER = CLOCK_TOLERANCE + LAG

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

NOON = datetime(2026, 8, 1, 12, tzinfo=JST)

MESSAGE = Message(
    client_tag="t1",
    to="+819012345678",
    lane=Lane.NORMAL,
    state=State.SCHEDULED,
    since=NOON - HOUR,
    reason="code 0",
    created_at=NOON - HOUR,
    expires_at=NOON + 48 * HOUR,
    send_at=NOON + 24 * HOUR,
    sent_at=NOON + 24 * HOUR,
    cancel_requested=True,
    cancel_requested_at=NOON,
)

NEAR = replace(MESSAGE, send_at=NOON + 3 * MINUTE)


def test_confirmed_cancel_is_canceled() -> None:
    assert after_cancel(MESSAGE, CancelResult.CONFIRMED, NOON, SETTINGS).to is State.CANCELED


def test_message_that_was_sent_is_accepted() -> None:
    update = after_cancel(MESSAGE, CancelResult.SENT, NOON, SETTINGS)

    assert (update.to, update.reason, update.due_in) == (
        State.ACCEPTED,
        "too late to cancel",
        SETTINGS.status_check_after,
    )


@pytest.mark.parametrize(
    ("not_found_since", "canceled"),
    [(None, False), (NOON - LAG + SECOND, False), (NOON - LAG, True)],
    ids=["first", "second too early", "second"],
)
def test_two_empty_lookups_prove_that_a_reservation_is_canceled(
    not_found_since: datetime | None, *, canceled: bool
) -> None:
    update = after_cancel(replace(MESSAGE, not_found_since=not_found_since), CancelResult.NOT_FOUND, NOON, SETTINGS)

    assert update.to is (State.CANCELED if canceled else None)
    assert update.found is (None if canceled else False)


def test_second_lookup_is_made_as_soon_as_it_proves_something() -> None:
    assert after_cancel(MESSAGE, CancelResult.NOT_FOUND, NOON, SETTINGS).due_in == LAG


@pytest.mark.parametrize("message", [NEAR, replace(NEAR, not_found_since=NOON - LAG)], ids=["first", "second"])
def test_empty_lookup_near_the_send_time_is_repeated_when_a_sent_message_is_listed(message: Message) -> None:
    update = after_cancel(message, CancelResult.NOT_FOUND, NOON, SETTINGS)

    assert (update.to, update.due_in) == (None, 3 * MINUTE + LISTED_AFTER)


def test_one_empty_lookup_after_a_confirmed_bulk_cancel_proves_it() -> None:
    message = replace(MESSAGE, bulk_canceled_at=NOON)

    assert after_cancel(message, CancelResult.NOT_FOUND, NOON + SECOND, SETTINGS).to is State.CANCELED


def test_bulk_cancel_near_the_send_time_is_looked_up_again_after_it() -> None:
    message = replace(NEAR, bulk_canceled_at=NOON)

    first = after_cancel(message, CancelResult.NOT_FOUND, NOON + SECOND, SETTINGS)
    assert (first.to, first.due_in) == (None, 3 * MINUTE + LISTED_AFTER - SECOND)

    message = replace(message, not_found_since=NOON + SECOND)
    assert (
        after_cancel(message, CancelResult.NOT_FOUND, NOON + 3 * MINUTE + LISTED_AFTER, SETTINGS).to is State.CANCELED
    )


def test_bulk_cancel_whose_reservation_is_listed_waits_until_the_list_is_up_to_date() -> None:
    message = replace(MESSAGE, bulk_canceled_at=NOON)

    update = after_cancel(message, CancelResult.RESERVED, NOON + SECOND, SETTINGS)

    assert (update.to, update.found, update.due_in) == (None, True, LAG - SECOND)


@pytest.mark.parametrize("result", [CancelResult.UNCLEAR, CancelResult.RESERVED])
def test_gaps_between_unclear_answers_double(result: CancelResult) -> None:
    at, gaps = NOON, []
    while at < NOON + 2 * HOUR:
        update = after_cancel(MESSAGE, result, at, SETTINGS)
        assert update.due_in is not None
        gaps.append(update.due_in)
        at += update.due_in

    assert gaps[:4] == [SETTINGS.status_check_after, SETTINGS.status_check_after, MINUTE, 2 * MINUTE]


@pytest.mark.parametrize("result", [CancelResult.UNCLEAR, CancelResult.RESERVED])
@pytest.mark.parametrize("calls", [0, LAST_QUESTION], ids=["calls left", "no calls left"])
def test_unclear_cancel_ends_after_the_send_time(result: CancelResult, calls: int) -> None:
    message, at, questions = replace(MESSAGE, calls=calls), NOON, 0
    while (update := after_cancel(message, result, at, SETTINGS)).to is None:
        assert update.due_in is not None
        at, questions = at + update.due_in, questions + 1

    assert message.send_at is not None
    assert (update.to, update.reason) == (State.ACCEPTED, "send time reached")
    more_time = SETTINGS.status_lag if result is CancelResult.UNCLEAR and not calls else timedelta()
    assert at - message.send_at <= LISTED_AFTER + more_time + SETTINGS.status_check_after
    assert questions <= (1 if calls else 20)


@pytest.mark.parametrize("bulk_canceled_at", [None, NOON])
@pytest.mark.parametrize("send_in", [-HOUR, MINUTE, CLOCK_TOLERANCE, HOUR, 1000 * HOUR])
def test_empty_lookups_end_with_canceled(bulk_canceled_at: datetime | None, send_in: timedelta) -> None:
    message, at, questions = replace(MESSAGE, send_at=NOON + send_in, bulk_canceled_at=bulk_canceled_at), NOON, 1
    while (update := after_cancel(message, CancelResult.NOT_FOUND, at, SETTINGS)).to is None:
        assert update.due_in is not None
        message = replace(message, not_found_since=message.not_found_since or at)
        at, questions = at + update.due_in, questions + 1

    assert update.to is State.CANCELED
    assert questions <= 2
