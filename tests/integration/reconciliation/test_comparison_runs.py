"""The comparisons that beat starts: their days, their lock, their log lines and metrics."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import Counter
from structlog.testing import capture_logs
from tests.support.sides import Sides
from tests.support.store_helpers import new_message

from zettai import State
from zettai.core.store.counters import read_counters
from zettai.core.times import JST
from zettai_worker.reconciliation import DifferenceKind
from zettai_worker.reconciliation.comparison_log import MAX_EXAMPLES
from zettai_worker.reconciliation.comparison_runs import (
    MOST_FAILED_DAYS,
    RESERVATIONS_AHEAD,
    STATUSES,
    reservation_days,
    status_days,
)

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
def test_statuses_of_yesterday_are_compared_until_six(hour: int, days: list[date]) -> None:
    assert status_days(datetime(2026, 8, 1, hour, 30, tzinfo=JST)) == days


def test_each_future_day_with_a_reservation_is_compared() -> None:
    far, past = TODAY + timedelta(days=200), TODAY - timedelta(days=1)

    days = reservation_days(TODAY, [far, past])

    assert (days[0], days[-1], len(days)) == (TODAY, far, RESERVATIONS_AHEAD.days + 2)


def _count(counter: Counter, what: DifferenceKind) -> float:
    return float(counter.labels(what=what)._value.get())


def _logged(logs: list[Any], event: str) -> list[dict[str, Any]]:
    return [line for line in logs if line["event"] == event]


def test_corrected_reservation_is_logged_and_counted(sides: Sides) -> None:
    one = sides.record(State.SCHEDULED, send_at=sides.later())
    sides.send_unrecorded(one)
    sides.simulator.cancel_in_console(one.client_tag)

    with capture_logs() as logs:
        sides.runtime.comparison_runs.compare_reservations()
        sides.let_lag_pass(one)
        sides.runtime.comparison_runs.compare_reservations()

    assert sides.message(one).state is State.CANCELED
    assert _count(sides.runtime.metrics.corrections, DifferenceKind.CANCELED_THERE) == 1
    [line] = _logged(logs, "difference_corrected")
    assert (line["client_tag"], line["was"], line["state"]) == (one.client_tag, "scheduled", "canceled")


def test_uncorrected_differences_are_counted_and_logged_in_one_line(sides: Sides) -> None:
    messages = [new_message() for _ in range(MAX_EXAMPLES + 5)]
    for one in messages:
        sides.send_unrecorded(one)

    with capture_logs() as logs:
        sides.runtime.comparison_runs.compare_statuses()

    assert _count(sides.runtime.metrics.uncorrected, DifferenceKind.UNKNOWN_HERE) == len(messages)
    [line] = _logged(logs, "differences_found")
    assert (line["count"], len(line["examples"].split())) == (len(messages), MAX_EXAMPLES)
    assert messages[0].to not in str(logs)
    assert messages[0].body not in str(logs)


def test_second_run_finds_no_difference(sides: Sides) -> None:
    sides.send_unrecorded(sides.record())

    with capture_logs() as logs:
        sides.runtime.comparison_runs.compare_statuses()
        sides.runtime.comparison_runs.compare_statuses()

    assert [line["changed"] for line in _logged(logs, "comparison_completed")] == [1, 0]


def test_second_run_at_the_same_time_makes_no_call(sides: Sides) -> None:
    lock = sides.store.redis.lock(sides.store.keys.job_lock(STATUSES), timeout=60)
    lock.acquire()

    sides.runtime.comparison_runs.compare_statuses()
    assert "status" not in sides.simulator.stats()["calls"]
    lock.release()
    sides.runtime.comparison_runs.compare_statuses()

    assert "status" in sides.simulator.stats()["calls"]
    assert not sides.store.redis.exists(sides.store.keys.job_lock(STATUSES))


def test_failed_calls_end_the_run(sides: Sides) -> None:
    sides.simulator.set_faults({"kind": "unavailable", "endpoint": "*"})

    with capture_logs() as logs:
        sides.runtime.comparison_runs.compare_reservations()

    assert len(_logged(logs, "comparison_failed")) == MOST_FAILED_DAYS
    assert sides.calls_of("checkreservation") == MOST_FAILED_DAYS
    assert not _logged(logs, "comparison_completed")


def test_day_whose_list_fails_does_not_stop_the_others(sides: Sides) -> None:
    one = sides.record(State.SUBMIT_UNKNOWN, send_at=sides.later())
    sides.send_unrecorded(one)
    sides.simulator.set_faults({"kind": "code", "code": 110, "endpoint": "checkreservation", "times": 1})

    with capture_logs() as logs:
        sides.runtime.comparison_runs.compare_reservations()

    [line] = _logged(logs, "comparison_failed")
    assert line["day"] == sides.today.isoformat()
    assert sides.message(one).state is State.SCHEDULED
    assert not _logged(logs, "comparison_completed")


def test_no_call_is_made_while_the_provider_is_down(sides: Sides) -> None:
    sides.store.suspend("provider down", retry_in=timedelta(minutes=1), circuit_open=True)

    sides.runtime.comparison_runs.compare_reservations()
    sides.runtime.comparison_runs.compare_statuses()

    assert sides.simulator.stats()["arrivals"] == 0


def test_time_of_the_last_run_is_stored(sides: Sides) -> None:
    before = sides.store.now()

    sides.runtime.comparison_runs.compare_statuses()

    assert read_counters(sides.store.redis, sides.store.keys).last_runs[STATUSES] >= before
