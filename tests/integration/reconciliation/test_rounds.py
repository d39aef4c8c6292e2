"""What beat asks for: which days, one process at a time, and what is told."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.integration.reconciliation.conftest import Desk
from tests.support.store_helpers import new_message

from zettai import State
from zettai.core.store.counters import read_counters
from zettai.core.times import JST
from zettai_worker.metrics import counters as metrics
from zettai_worker.reconciliation.rounds import HORIZON, SHOWN, STATUSES, days_ahead, days_behind

TODAY = date(2026, 8, 1)


@pytest.mark.parametrize(
    ("hour", "days"),
    [
        (0, [date(2026, 7, 31), TODAY]),
        (5, [date(2026, 7, 31), TODAY]),
        (6, [TODAY]),
        (23, [TODAY]),
    ],
)
def test_after_midnight_yesterday_is_compared_too(hour: int, days: list[date]) -> None:
    """Its last messages end today. The day is the one in Japan."""
    assert days_behind(datetime(2026, 8, 1, hour, 30, tzinfo=JST)) == days


def test_each_day_with_a_reservation_is_compared_however_far() -> None:
    """And the near ones in any case; the past is not listed by the provider."""
    far, past = TODAY + timedelta(days=200), TODAY - timedelta(days=1)

    days = days_ahead(TODAY, [far, past])

    assert (days[0], days[-1], len(days)) == (TODAY, far, HORIZON.days + 2)


def _counted(name: str, **labels: str) -> float:
    counter = {"corrected": metrics.CORRECTED, "reported": metrics.REPORTED}[name]
    return float(counter.labels(**labels)._value.get())


def _logged(logs: list[Any], event: str) -> list[dict[str, Any]]:
    return [line for line in logs if line["event"] == event]


def test_a_round_of_reservations_corrects_and_counts(desk: Desk) -> None:
    """A reservation that was cancelled in the console."""
    one = desk.record(State.SCHEDULED, send_at=desk.later())
    desk.give(one)
    desk.simulator.cancel_in_console(one.client_tag)
    before = _counted("corrected", what="canceled_there")

    with capture_logs() as logs:
        desk.runtime.rounds.reservations()

    assert desk.message(one).state is State.CANCELED
    assert _counted("corrected", what="canceled_there") == before + 1
    [line] = _logged(logs, "difference_corrected")
    assert (line["client_tag"], line["was"], line["state"]) == (one.client_tag, "scheduled", "canceled")


def test_a_round_of_statuses_reports_and_counts(desk: Desk) -> None:
    """Unknown tags are told in one line, however many they are, and without number or text."""
    messages = [new_message() for _ in range(SHOWN + 5)]
    for one in messages:
        desk.give(one)
    before = _counted("reported", what="unknown_here")

    with capture_logs() as logs:
        desk.runtime.rounds.statuses()

    assert _counted("reported", what="unknown_here") == before + len(messages)
    [line] = _logged(logs, "differences_reported")
    assert (line["count"], len(line["examples"].split())) == (len(messages), SHOWN)
    assert messages[0].to not in str(logs)
    assert messages[0].body not in str(logs)


def test_a_second_round_finds_nothing_more(desk: Desk) -> None:
    """Safe to repeat."""
    desk.give(desk.record())

    with capture_logs() as logs:
        desk.runtime.rounds.statuses()
        desk.runtime.rounds.statuses()

    assert [line["changed"] for line in _logged(logs, "compared")] == [1, 0]


def test_a_round_that_is_under_way_is_not_doubled(desk: Desk) -> None:
    """One that outlasts its period: the next one makes no call."""
    lock = desk.store.redis.lock(desk.store.keys.job_lock(STATUSES), timeout=60)
    lock.acquire()

    desk.runtime.rounds.statuses()
    assert "status" not in desk.simulator.stats()["calls"]
    lock.release()
    desk.runtime.rounds.statuses()

    assert "status" in desk.simulator.stats()["calls"]
    assert not desk.store.redis.exists(desk.store.keys.job_lock(STATUSES))


def test_a_provider_that_fails_ends_the_round(desk: Desk) -> None:
    """One failed call and not one for each day; the next round begins anew."""
    desk.simulator.set_faults({"kind": "unavailable", "endpoint": "*"})

    with capture_logs() as logs:
        desk.runtime.rounds.reservations()

    assert len(_logged(logs, "comparison_failed")) == 1
    assert sum(desk.simulator.stats()["calls"]["checkreservation"].values()) == 1
    assert not _logged(logs, "compared")


def test_a_provider_that_is_down_is_not_asked(desk: Desk) -> None:
    """The circuit breaker holds for everybody."""
    desk.store.suspend("provider down", retry_in=timedelta(minutes=1), circuit_open=True)

    desk.runtime.rounds.reservations()
    desk.runtime.rounds.statuses()

    assert desk.simulator.stats()["arrivals"] == 0


def test_the_last_round_has_a_time(desk: Desk) -> None:
    """In Redis, so that an alert can tell when none has come to its end for long, on whatever host."""
    before = desk.store.now()

    desk.runtime.rounds.statuses()

    assert read_counters(desk.store.redis, desk.store.keys).last_runs[STATUSES] >= before
