"""The comparison of billed parts that beat starts, with the simulator."""

from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.sides import Sides

from zettai import State
from zettai.core.carriers import Carrier
from zettai.core.store.billed_parts import read_parts_differences
from zettai.core.store.counters import read_counters
from zettai_worker.reconciliation import DifferenceKind
from zettai_worker.reconciliation.parts_comparison import PARTS


@pytest.fixture
def counted(sides: Sides) -> Sides:
    """Return sides whose store has counted 5 parts of docomo, and whose provider has as many."""
    month = sides.runtime.parts_comparison.latest_month()
    earlier = month.plus(-1)
    sides.store.redis.hset(sides.store.keys.billed_parts, f"{earlier} {earlier} au", 1)
    sides.store.redis.hset(sides.store.keys.billed_parts, f"{month} {month} docomo", 5)
    _provide(sides, 5)
    return sides


def _provide(sides: Sides, docomo: int) -> None:
    month = sides.runtime.parts_comparison.latest_month()
    sides.simulator.set_billed_parts(**{str(month): {"103": docomo}})


def _run(sides: Sides) -> dict[str, Any]:
    """Compare, and return the log line."""
    with capture_logs() as logs:
        sides.runtime.parts_comparison.run()
    [line] = [line for line in logs if line["event"].startswith(("parts_", "comparison_"))]
    return dict(line)


def _differences(sides: Sides) -> dict[str, int]:
    return dict(read_parts_differences(sides.store.redis, sides.store.keys))


def test_equal_numbers_are_no_difference(counted: Sides) -> None:
    line = _run(counted)

    assert (line["event"], line["log_level"], line["month"]) == (
        "parts_compared",
        "info",
        str(counted.runtime.parts_comparison.latest_month()),
    )
    assert _differences(counted) == dict.fromkeys(Carrier, 0)
    assert PARTS in read_counters(counted.store.redis, counted.store.keys).last_runs


def test_difference_is_recorded_until_it_vanishes(counted: Sides) -> None:
    _provide(counted, 8)
    line = _run(counted)
    assert (line["event"], line["log_level"], line["docomo"], line["au"]) == ("parts_differ", "warning", 3, 0)
    assert _differences(counted)["docomo"] == 3

    _provide(counted, 5)
    _run(counted)
    assert _differences(counted)["docomo"] == 0


def test_first_month_is_not_recorded(sides: Sides) -> None:
    month = sides.runtime.parts_comparison.latest_month()
    sides.store.redis.hset(sides.store.keys.billed_parts, f"{month} {month} docomo", 5)

    with capture_logs() as logs:
        sides.runtime.parts_comparison.run()

    assert logs == []
    assert _differences(sides) == {}


def test_failed_call_keeps_the_latest_result(counted: Sides) -> None:
    _provide(counted, 8)
    _run(counted)
    counted.simulator.set_faults({"kind": "unavailable", "endpoint": "separatedsuccesscount"})

    assert _run(counted)["event"] == "comparison_failed"
    assert _differences(counted)["docomo"] == 3


def test_no_call_is_made_while_the_provider_is_down(counted: Sides) -> None:
    counted.store.suspend("provider down", retry_in=counted.runtime.settings.hold_for, circuit_open=True)

    assert _run(counted)["event"] == "comparison_skipped"
    assert counted.simulator.stats()["arrivals"] == 0


def test_parts_of_a_reported_failure_come_from_the_list_of_the_day(sides: Sides) -> None:
    """A delivery report does not say them."""
    one = sides.record(State.ACCEPTED, State.UNDELIVERED, to="08012340732")
    sides.send_unrecorded(one)
    assert sides.message(one).parts is None

    [difference] = sides.compare_statuses()

    assert (difference.kind, difference.action) == (DifferenceKind.MOVED_ON, "undelivered")
    assert (sides.message(one).state, sides.message(one).parts) == (State.UNDELIVERED, 0)
    assert len(sides.message(one).history) == 4
    assert sides.compare_statuses() == []


def test_parts_of_a_status_check_are_counted(sides: Sides) -> None:
    one = sides.record(State.ACCEPTED, to="08012345678", body="字" * 71)
    sides.send_unrecorded(one)

    sides.work(sides.runtime.status_checker, one)

    assert [(count.carrier, count.parts) for count in sides.store.billed_parts()] == [("docomo", 2)]
