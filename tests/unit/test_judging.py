"""What follows from a difference between a record and the provider, at the edges of time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from zettai import Lane, Message, State
from zettai.core.times import JST
from zettai_worker.following.schedule import CLOCKS
from zettai_worker.provider import Reservation, Status, StatusId
from zettai_worker.reconciliation import What
from zettai_worker.reconciliation.judging import judge_gone, judge_missing, judge_reservation, judge_status
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
    [(timedelta(days=1), True), (2 * CLOCKS, True), (CLOCKS, False), (timedelta(), False), (-CLOCKS, False)],
)
def test_a_time_that_has_come_is_no_verdict(before_its_time: timedelta, *, canceled: bool) -> None:
    """By the provider's clock it may have come already, and the status is only late."""
    message = replace(MESSAGE, state=State.SCHEDULED, send_at=NOON + before_its_time)

    difference = judge_gone(message, NOON)

    assert (difference is not None and difference.becomes is State.CANCELED) is canceled


@pytest.mark.parametrize("state", sorted(set(State) - {State.SCHEDULED}))
def test_only_a_reservation_can_be_gone(state: State) -> None:
    """Whatever else a message is."""
    assert judge_gone(replace(MESSAGE, state=state, send_at=NOON + LATER), NOON) is None


@pytest.mark.parametrize(
    ("sent_at", "missing"),
    [
        (NOON, True),
        (NOON + LATER - CLOCKS / 2, False),
        (NOON.replace(hour=0, minute=2), False),
        (NOON.replace(hour=0, minute=20), True),
        (None, False),
    ],
    ids=["long ago", "just now", "around midnight", "after it", "not sent"],
)
def test_a_list_may_be_behind_and_cut_at_midnight(sent_at: datetime | None, *, missing: bool) -> None:
    """Near the edges of a day or of the present, being left out means nothing."""
    difference = judge_missing(replace(MESSAGE, sent_at=sent_at), NOON + LATER)

    assert (difference is not None) is missing


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("status", StatusId)
def test_no_status_takes_an_end_back(state: State, status: StatusId) -> None:
    """For each state and each status: an end stays, or is raised to delivered."""
    row = Status("t1", status, MESSAGE.to, "text")

    difference = judge_status(replace(MESSAGE, state=state), "text", row, NOON + LATER, SETTINGS)

    if state.is_final:
        assert difference is None or difference.becomes in {None, State.DELIVERED}
        assert difference is None or (difference.what is What.PROMISE_BROKEN) is state.was_never_sent
    elif state is not State.SUBMITTING and status is StatusId.DELIVERED:
        assert difference is not None
        assert difference.becomes is State.DELIVERED


@pytest.mark.parametrize(("ahead", "differs"), [(LATER, True), (CLOCKS / 2, False)])
def test_a_reservation_whose_time_has_just_come_may_still_be_listed(ahead: timedelta, *, differs: bool) -> None:
    """Accepted here and reserved there is a contradiction only long before its time."""
    message = replace(MESSAGE, send_at=NOON + ahead)
    row = Reservation("t1", MESSAGE.to, "text", message.send_at)

    assert (judge_reservation(message, None, row, NOON, SETTINGS) is not None) is differs


def test_somebody_elses_tag_that_is_known_to_be_is_told_no_more() -> None:
    """It ended as a conflict, and the provider shows why."""
    message = replace(MESSAGE, state=State.FAILED, reason="tag_conflict")
    row = Status("t1", StatusId.DELIVERED, "+819012345679", "another")

    assert judge_status(message, None, row, NOON, SETTINGS) is None


def test_a_record_without_its_text_yet_is_not_judged() -> None:
    """It came between two reads: the next run sees both."""
    row = Status("t1", StatusId.DELIVERED, MESSAGE.to, "text")

    assert judge_status(replace(MESSAGE, state=State.QUEUED), None, row, NOON, SETTINGS) is None
