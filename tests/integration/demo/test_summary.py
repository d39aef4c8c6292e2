"""The summary, as a table and as JSON."""

import io
import json
from dataclasses import replace

from rich.console import Console

from zettai_demo import summary
from zettai_demo.evidence import Evidence
from zettai_demo.measurements import Arrivals
from zettai_demo.oracle.check import Check
from zettai_demo.summary import Measurements, Summary
from zettai_simulator.clock import SECOND


def printed(result: Summary) -> str:
    stream = io.StringIO()
    result.print(Console(file=stream, width=120))
    return stream.getvalue()


def test_passed_checks_are_printed(measurements: Measurements) -> None:
    result = Summary([Check("one", 5), Check("two", 5)], measurements)
    assert result.ok
    assert "FAILED" not in printed(result)
    assert "All checks passed." in printed(result)


def test_failed_check_is_printed_with_its_difference(measurements: Measurements) -> None:
    result = Summary([Check("one", 5), Check("two", 5, ("a is gone",))], measurements)
    assert not result.ok
    assert "FAILED 1" in printed(result)
    assert "two: a is gone" in printed(result)


def test_json_has_checks_and_measurements(measurements: Measurements) -> None:
    read = json.loads(json.dumps(Summary([Check("two", 5, ("a is gone",))], measurements).to_json()))
    assert read["ok"] is False
    assert read["checks"] == [{"promise": "two", "ok": False, "examined": 5, "wrong": ["a is gone"]}]
    assert read["measurements"]["repeats"] == {"messages": 1, "requests": 2, "refused": 1, "sent_twice": 0}
    assert read["measurements"]["states"] == {"delivered": 2, "canceled": 2, "undelivered": 1, "expired": 1}


def test_message_accepted_twice_counts_as_sent_twice(evidence: Evidence) -> None:
    assert summary.repeats([*evidence.records, evidence.records[0]], {}).sent_twice == 1


def test_password_waits_leave_out_late_requests(evidence: Evidence) -> None:
    waits = summary.password_waits(evidence)
    assert waits is not None
    assert (waits.count, waits.p50) == (4, 0.5)
    later = {tag: replace(one, requested_at=one.requested_at + 60) for tag, one in evidence.requests.items()}
    assert summary.password_waits(replace(evidence, requests=later), until=160.5) is None


def test_saturation_is_the_share_of_the_limit() -> None:
    arrivals = Arrivals()
    arrivals.update(0, [number * SECOND // 500 for number in range(1000)])
    measured = summary.saturation(arrivals, (0.0, 2.0), 500)
    assert measured is not None
    assert (measured.calls, measured.share) == (1000, 1.0)
    assert summary.saturation(arrivals, None, 500) is None
