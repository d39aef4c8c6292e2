"""The rules of the comparison of store and provider."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from zettai import Lane, Message, State
from zettai.core.times import JST
from zettai_worker.following.schedule import CLOCK_TOLERANCE, LAST_QUESTION
from zettai_worker.provider import Reservation, Status, StatusId
from zettai_worker.reconciliation import DifferenceKind
from zettai_worker.reconciliation.comparison_rules import (
    compare_missing_reservation,
    compare_missing_status,
    compare_reservation,
    compare_status,
)
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

LATER = timedelta(hours=3)


@pytest.mark.parametrize(
    ("before_its_time", "canceled"),
    [
        (timedelta(days=1), True),
        (2 * CLOCK_TOLERANCE, True),
        (CLOCK_TOLERANCE, False),
        (timedelta(), False),
        (-CLOCK_TOLERANCE, False),
    ],
)
def test_reservation_is_missing_only_before_its_send_time(before_its_time: timedelta, *, canceled: bool) -> None:
    difference = compare_missing_reservation(_missing(before_its_time, SETTINGS.status_lag), NOON, SETTINGS)

    assert (difference is not None and difference.new_state is State.CANCELED) is canceled


@pytest.mark.parametrize("found_nothing_ago", [None, timedelta(), SETTINGS.status_lag - timedelta(seconds=1)])
def test_one_empty_lookup_proves_nothing(found_nothing_ago: timedelta | None) -> None:
    difference = compare_missing_reservation(_missing(LATER, found_nothing_ago), NOON, SETTINGS)

    assert difference is not None
    assert (difference.kind, difference.updates) == (DifferenceKind.MISSING_THERE, ())


@pytest.mark.parametrize("state", sorted(set(State) - {State.SCHEDULED}))
def test_message_that_is_not_scheduled_is_no_missing_reservation(state: State) -> None:
    message = replace(_missing(LATER, SETTINGS.status_lag), state=state)

    assert compare_missing_reservation(message, NOON, SETTINGS) is None


def _missing(before_its_time: timedelta, found_nothing_ago: timedelta | None) -> Message:
    """Return a reservation that the provider did not show some time ago."""
    not_found_since = None if found_nothing_ago is None else NOON - found_nothing_ago
    return replace(MESSAGE, state=State.SCHEDULED, send_at=NOON + before_its_time, not_found_since=not_found_since)


@pytest.mark.parametrize(
    ("sent_at", "missing"),
    [
        (NOON, True),
        (NOON + LATER - CLOCK_TOLERANCE / 2, False),
        (NOON.replace(hour=0, minute=2), False),
        (NOON.replace(hour=0, minute=20), True),
        (None, False),
    ],
    ids=["long ago", "just now", "around midnight", "after it", "not sent"],
)
def test_missing_status_counts_only_away_from_midnight_and_from_now(sent_at: datetime | None, *, missing: bool) -> None:
    difference = compare_missing_status(replace(MESSAGE, sent_at=sent_at), NOON + LATER)

    assert (difference is not None) is missing


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("status", StatusId)
def test_final_state_stays_or_becomes_delivered(state: State, status: StatusId) -> None:
    row = Status("t1", status, MESSAGE.to, "text")

    difference = compare_status(replace(MESSAGE, state=state), "text", [row], NOON + LATER, SETTINGS)

    if state.is_final:
        assert difference is None or difference.new_state in {None, State.DELIVERED}
        assert difference is None or (difference.kind is DifferenceKind.PROMISE_BROKEN) is state.was_never_sent
    elif state is not State.SUBMITTING and status is StatusId.DELIVERED:
        assert difference is not None
        assert difference.new_state is State.DELIVERED


@pytest.mark.parametrize(("ahead", "differs"), [(LATER, True), (CLOCK_TOLERANCE / 2, False)])
def test_listed_reservation_contradicts_only_before_its_send_time(ahead: timedelta, *, differs: bool) -> None:
    message = replace(MESSAGE, send_at=NOON + ahead)
    row = Reservation("t1", MESSAGE.to, "text", message.send_at)

    assert (compare_reservation(message, None, [row], NOON, SETTINGS) is not None) is differs


CONFLICT = replace(MESSAGE, state=State.FAILED, reason="tag_conflict")


def test_recorded_tag_conflict_is_not_reported_again() -> None:
    row = Status("t1", StatusId.DELIVERED, "+819012345679", "another")

    assert compare_status(CONFLICT, None, [row], NOON, SETTINGS) is None


def test_tag_conflict_is_a_broken_promise_if_our_number_got_the_message() -> None:
    row = Status("t1", StatusId.DELIVERED, "09012345678", "rewritten")

    difference = compare_status(CONFLICT, None, [row], NOON, SETTINGS)

    assert difference is not None
    assert difference.kind is DifferenceKind.PROMISE_BROKEN
    assert difference.updates[0].fields == {"contradicted": 1}


@pytest.mark.parametrize(
    ("attempts", "row", "kind"),
    [
        (1, ("+819012345678", "rewritten"), DifferenceKind.TAKEN_UNRECORDED),
        (1, ("09012345678", "text"), DifferenceKind.TAKEN_UNRECORDED),
        (0, ("+819012345678", "another"), DifferenceKind.TAG_CONFLICT),
        (1, ("+819012345679", "text"), DifferenceKind.TAG_CONFLICT),
    ],
    ids=["another text after an attempt", "local number", "another text without an attempt", "another number"],
)
def test_number_identifies_a_message_and_its_text_does_not(
    attempts: int, row: tuple[str, str], kind: DifferenceKind
) -> None:
    message = replace(MESSAGE, state=State.QUEUED)
    if attempts:
        message = replace(message, state=State.SUBMIT_UNKNOWN, attempts=attempts, unknown_since=NOON)

    difference = compare_status(message, "text", [Status("t1", StatusId.SENDING, *row)], NOON, SETTINGS)

    assert difference is not None
    assert difference.kind is kind


@pytest.mark.parametrize("state", [State.QUEUED, State.SUBMIT_UNKNOWN, State.ACCEPTED, State.CANCELED])
def test_masked_number_proves_nothing(state: State) -> None:
    message = replace(MESSAGE, state=state, attempts=1, send_at=NOON + 2 * LATER)
    status = Status("t1", StatusId.DELIVERED, "+8190****5678", "text")
    reservation = Reservation("t1", "090****5678", "text", message.send_at)

    assert compare_status(message, "text", [status], NOON + LATER, SETTINGS) is None
    assert compare_reservation(message, "text", [reservation], NOON + LATER, SETTINGS) is None


def test_delivered_row_wins_among_several() -> None:
    rows = [Status("t1", status, MESSAGE.to, "text") for status in (StatusId.FAILED, StatusId.DELIVERED, StatusId(0))]

    difference = compare_status(MESSAGE, None, rows, NOON, SETTINGS)

    assert difference is not None
    assert difference.new_state is State.DELIVERED


@pytest.mark.parametrize(
    ("canceled_ago", "calls", "action"),
    [(LATER, 0, "cancel again"), (LATER, LAST_QUESTION, "report"), (timedelta(seconds=1), 0, None)],
    ids=["for long", "no calls left", "list may be out of date"],
)
def test_canceled_message_that_is_still_reserved_is_canceled_again(
    canceled_ago: timedelta, calls: int, action: str | None
) -> None:
    message = replace(
        MESSAGE, state=State.CANCELED, since=NOON - canceled_ago, sent_at=None, send_at=NOON + LATER, calls=calls
    )
    row = Reservation("t1", MESSAGE.to, "text", message.send_at)

    difference = compare_reservation(message, None, [row], NOON, SETTINGS)

    assert (difference.action if difference else None) == action


def test_queued_record_without_a_text_is_skipped() -> None:
    row = Status("t1", StatusId.DELIVERED, MESSAGE.to, "text")

    assert compare_status(replace(MESSAGE, state=State.QUEUED), None, [row], NOON, SETTINGS) is None
