"""`separatedsuccesscount.json`: the billed parts of a month."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from zettai_simulator import SimulatorProcess, clock
from zettai_simulator.account import Account
from zettai_simulator.carriers import Pace
from zettai_simulator.submissions import Submission

Call = Callable[..., dict[str, Any]]

DAY = 24 * 60 * 60 * clock.SECOND


def _account(now: int) -> Account:
    """Return an account with messages: two parts to docomo, one to au, one that fails, and a reservation."""
    account = Account(Pace(delivery=0, kddi_failure=0))
    for number, message, scheduled in (
        ("+818012345678", "字" * 71, None),
        ("+819012345671", "hello", None),
        ("+818012340732", "fails", None),
        ("+818012345678", "later", now + 40 * DAY),
    ):
        account.take(
            Submission(
                sms_code="12345",
                message=message,
                phone_number=number,
                carrier_id="103" if number.startswith("+8180") else "101",
                client_tag=None,
                schedule_at=scheduled,
                group_tag=None,
            ),
            now,
        )
    return account


def test_month_has_what_was_delivered_in_it() -> None:
    sent_at = clock.parse_minute("2026-10-31 12:00")
    account = _account(sent_at)
    in_november = clock.parse_minute("2026-11-02 00:00")

    assert account.billed_parts(date(2026, 10, 1), in_november) == {"101": 1, "103": 2}
    assert account.billed_parts(date(2026, 11, 1), in_november) == {}
    assert account.billed_parts(date(2026, 12, 1), sent_at + 45 * DAY) == {"103": 1}


def test_present_day_is_not_counted() -> None:
    sent_at = clock.parse_minute("2026-10-30 12:00")
    account = _account(sent_at)

    assert account.billed_parts(date(2026, 10, 1), sent_at + DAY // 4) == {}
    assert account.billed_parts(date(2026, 10, 1), sent_at + DAY // 2) == {"101": 1, "103": 2}


def test_answer_has_the_parts_of_the_client(simulator: SimulatorProcess, ask: Call) -> None:
    simulator.set_billed_parts(**{"2026-10": {"103": 7}})

    answer = ask(simulator, "separatedsuccesscount", month="202610")

    assert answer["responseCode"] == 0
    [row] = answer["separatedSuccessCount"]
    assert row["103"] == 7
    assert set(row) == {"103", "clientId"}
    assert simulator.control("GET", "billed_parts") == {"2026-10": {"103": 7}}


@pytest.mark.parametrize(("month", "code"), [("", 100), ("2026-10", 110), ("202613", 110)])
def test_other_months_are_refused(simulator: SimulatorProcess, ask: Call, month: str, code: int) -> None:
    assert ask(simulator, "separatedsuccesscount", month=month)["responseCode"] == code
