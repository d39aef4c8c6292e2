"""What rows of the provider prove about a message."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from zettai.core.aossms.codes import StatusId
from zettai.core.aossms.evidence import find_evidence, is_conflict, is_same_number
from zettai.core.aossms.statuses import Status
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.times import now

AT = now()
NUMBER = "+819012345678"
OTHER_NUMBER = "+819012345679"
MESSAGE = Message(
    client_tag="tag",
    to=NUMBER,
    lane=Lane.NORMAL,
    state=State.SUBMIT_UNKNOWN,
    since=AT,
    reason="",
    created_at=AT,
    expires_at=AT + timedelta(hours=1),
    attempts=1,
)


def _row(status: StatusId = StatusId.SENDING, **fields: Any) -> Status:
    return replace(Status(client_tag="tag", status=status, phone_number=NUMBER, message="body"), **fields)


@pytest.mark.parametrize(
    "number",
    [NUMBER, "819012345678", " 819012345678", "09012345678", "9012345678", "090-1234-5678", "+81 (0)90 1234 5678"],
)
def test_number_is_the_same_in_any_form(number: str) -> None:
    assert is_same_number(number, NUMBER)
    assert find_evidence([_row(phone_number=number)], MESSAGE).row is not None


@pytest.mark.parametrize("number", [OTHER_NUMBER, "", "0", "+81"])
def test_other_or_empty_number_is_not_the_same(number: str) -> None:
    assert not is_same_number(number, NUMBER)


@pytest.mark.parametrize("tag", ["ta", "tag2", "tag ", "TAG", ""])
def test_row_of_another_tag_proves_nothing(tag: str) -> None:
    evidence = find_evidence([_row(client_tag=tag), _row(client_tag=tag, phone_number=OTHER_NUMBER)], MESSAGE, "body")
    assert (evidence.row, evidence.is_absent, evidence.other_number) == (None, True, False)


@pytest.mark.parametrize("best", [StatusId.DELIVERED, StatusId.FAILED, StatusId.SENDING])
def test_best_status_of_several_rows_counts_in_any_order(best: StatusId) -> None:
    order = [StatusId.DELIVERED, StatusId.FAILED, StatusId.SENDING, StatusId.UNKNOWN]
    rows = [_row(status) for status in order[order.index(best) :]]
    for given in (rows, rows[::-1]):
        row = find_evidence(given, MESSAGE).row
        assert row is not None
        assert row.status is best


@pytest.mark.parametrize("number", ["+81********78", "090****5678", "0312345678", "5678", "-"])
def test_number_that_cannot_be_compared_proves_neither_absence_nor_conflict(number: str) -> None:
    evidence = find_evidence([_row(phone_number=number)], MESSAGE)
    assert (evidence.row, evidence.is_absent, evidence.other_number) == (None, False, False)


def test_row_with_our_number_counts_more_than_a_better_one_with_another() -> None:
    rows = [_row(StatusId.DELIVERED, phone_number=OTHER_NUMBER), _row(StatusId.SENDING)]
    evidence = find_evidence(rows, MESSAGE)
    assert evidence.row is rows[1]
    assert not evidence.other_number


@pytest.mark.parametrize(("shown", "differs"), [("body", False), (None, False), ("b?dy", True), ("", True)])
def test_other_text_is_noticed_and_the_row_counts(shown: str | None, *, differs: bool) -> None:
    evidence = find_evidence([_row(message=shown)], MESSAGE, "body")
    assert evidence.row is not None
    assert evidence.text_differs is differs


def test_text_is_not_compared_when_ours_is_erased() -> None:
    assert not find_evidence([_row(message="anything")], MESSAGE, None).text_differs


@pytest.mark.parametrize("earlier", [{"attempts": 2}, {"unknown_since": AT}])
def test_other_text_is_a_conflict_only_without_an_earlier_attempt(earlier: dict[str, Any]) -> None:
    evidence = find_evidence([_row(message="theirs")], MESSAGE, "ours")
    assert is_conflict(evidence, MESSAGE)
    assert not is_conflict(evidence, replace(MESSAGE, **earlier))


def test_other_text_stays_a_conflict_while_a_used_tag_is_looked_up_again() -> None:
    """The first attempt was refused because of the tag, so the doubt that followed is no attempt of ours."""
    evidence = find_evidence([_row(message="theirs")], MESSAGE, "ours")
    assert is_conflict(evidence, replace(MESSAGE, unknown_since=AT, tag_used=True))


def test_other_number_is_a_conflict_even_after_an_earlier_attempt() -> None:
    evidence = find_evidence([_row(phone_number=OTHER_NUMBER)], MESSAGE, "body")
    assert evidence.row is None
    assert is_conflict(evidence, replace(MESSAGE, attempts=2))
