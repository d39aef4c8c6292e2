"""When messages are checked, and when they are late."""

from datetime import timedelta

import pytest

from zettai.core.carriers import Carrier
from zettai_worker.following.schedule import next_check, overdue_after
from zettai_worker.settings import WorkerSettings

SETTINGS = WorkerSettings.load(token="f" * 32, client_id="1234", sms_code="12345")


def test_gaps_double_until_they_are_rare() -> None:
    """From 30 seconds to 6 hours; 72 hours take few calls."""
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
def test_a_check_falls_on_the_moment_of_becoming_overdue(carrier: Carrier | None, minutes: int) -> None:
    """KDDI, and a carrier that nobody named, may take longer; either way it is told in time."""
    elapsed, moments = timedelta(), set()
    while elapsed < timedelta(hours=1):
        elapsed += next_check(carrier, elapsed, SETTINGS)
        moments.add(elapsed)

    assert overdue_after(carrier, SETTINGS) == timedelta(minutes=minutes)
    assert timedelta(minutes=minutes) in moments
