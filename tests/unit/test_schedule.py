"""When messages are checked, and when they are overdue."""

from datetime import timedelta

import pytest

from zettai.core.carriers import Carrier
from zettai_worker.following.schedule import next_check, overdue_after
from zettai_worker.settings import WorkerSettings

SETTINGS = WorkerSettings.load(token="f" * 32, client_id="1234", sms_code="12345")


def test_gaps_between_checks_double_up_to_six_hours() -> None:
    elapsed, gaps = timedelta(), []
    while elapsed < SETTINGS.give_up_after:
        gaps.append(next_check(None, elapsed, SETTINGS))
        elapsed += gaps[-1]

    assert gaps[0] == SETTINGS.status_check_after
    assert max(gaps) == timedelta(hours=6)
    assert len(gaps) < 30


@pytest.mark.parametrize(
    ("carrier", "minutes"),
    [(None, 25), (Carrier.KDDI, 25), (Carrier.DOCOMO, 10), (Carrier.SOFTBANK, 10), (Carrier.RAKUTEN, 10)],
)
def test_a_check_falls_on_the_moment_at_which_a_message_becomes_overdue(carrier: Carrier | None, minutes: int) -> None:
    elapsed, moments = timedelta(), set()
    while elapsed < timedelta(hours=1):
        elapsed += next_check(carrier, elapsed, SETTINGS)
        moments.add(elapsed)

    assert overdue_after(carrier, SETTINGS) == timedelta(minutes=minutes)
    assert timedelta(minutes=minutes) in moments
