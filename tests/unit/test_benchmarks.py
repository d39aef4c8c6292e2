"""Targets, percentiles, tables and pictures of the benchmarks, on made-up data."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest

from zettai_benchmarks.catalog import BY_NAME_ONLY, SCENARIOS
from zettai_benchmarks.claims import beyond_flight
from zettai_benchmarks.durations import percentiles
from zettai_benchmarks.labels import COLORS
from zettai_benchmarks.measure import pack
from zettai_benchmarks.peer_runs import each
from zettai_benchmarks.pictures import LEFT, RIGHT, across, excerpt, pictures
from zettai_benchmarks.report import TITLES, filled
from zettai_benchmarks.results import Result, Target, read_all
from zettai_benchmarks.scale import Scale
from zettai_benchmarks.tables import tables
from zettai_simulator.clock import SECOND

MACHINE = {"cores": 2, "node": None, "packages": {"celery": "5.7.0"}}
EVEN = [number * SECOND // 600 for number in range(6_000)]
MEASUREMENTS = {
    "share_of_limit": 0.995,
    "worst_second": 599,
    "workers_cpu_ms": 0.5,
    "redis_cpu_ms": 0.1,
    "simulator_cpu_ms": 0.3,
}
SVG = "{http://www.w3.org/2000/svg}"


def result(name: str = "bulk", *targets: Target, **runs: Mapping[str, Any]) -> Result:
    """Return the result of a scenario."""
    return Result(name, {}, targets, runs, {"bullmq": "no Node here"}, at="2026-08-01T00:00:00+00:00", machine=MACHINE)


def bulk() -> Result:
    """Return a result with a peer that costs twice as much as ours."""
    ours = {"measurements": MEASUREMENTS, "arrivals": pack(EVEN)}
    return result(
        "bulk",
        Target("share", 0.99, 0.995, at_most=False, unit="share"),
        ours=ours,
        celery_limits={**ours, "measurements": {**MEASUREMENTS, "workers_cpu_ms": 1.0, "redis_cpu_ms": None}},
    )


def latencies() -> Result:
    """Return a result of ours at two latencies, and of a peer at one of them."""
    claims = [{"at": second * SECOND, "claimed": 130, "in_flight": second * 60} for second in range(4)]
    ours = {**MEASUREMENTS, "claimed_beyond_flight": 130, "workers_memory_mb": 300.4}
    return replace(
        result(
            "latencies",
            ours={name: {"measurements": ours, "claims": claims} for name in ("100 ms", "3 s")},
            bullmq={"3 s": {"measurements": {**MEASUREMENTS, "share_of_limit": 0.25}}},
        ),
        settings={"latencies": {"100 ms": [0.1, 0.1], "3 s": [3, 3]}},
    )


@pytest.mark.parametrize(
    ("target", "met", "margin"),
    [
        (Target("", 600, 600, at_most=True), True, 0),
        (Target("", 600, 603, at_most=True), False, -0.005),
        (Target("", 1_500, 1_800, at_most=False), True, 0.2),
        (Target("", 0.99, None, at_most=False), False, None),
    ],
)
def test_target_has_a_result_and_a_margin(target: Target, met: bool, margin: float | None) -> None:  # noqa: FBT001
    assert target.met is met
    assert target.margin == (None if margin is None else pytest.approx(margin))


def test_missing_arrivals_count_as_the_slowest() -> None:
    assert percentiles([0.1] * 98 + [0.2, 0.3]) == {"p50": 0.1, "p99": 0.2, "count": 100, "missing": 0}
    assert percentiles([0.1, 0.1, None]) == {"p50": 0.1, "p99": None, "count": 3, "missing": 1}
    assert percentiles([])["p50"] is None


def test_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = bulk()
    written.write(tmp_path)

    assert read_all(tmp_path) == {"bulk": written}


def test_scenario_shows_its_command_its_goals_and_its_table() -> None:
    table = tables({"bulk": bulk()})["bulk"].splitlines()

    assert table[0] == "Command: `.venv/bin/python -m zettai_benchmarks bulk`"
    assert table[4] == "| share | ≥ 99.0 % | 99.5 % | met by 0.5 % |"
    assert table[8] == "| zettai-sms | 1.00 × | 1.00 × | 599 | 0.5 | 0.1 | 99.5 % |"
    assert table[9] == "| Celery + limits | 2.00 × | 1.00 × | 599 | 1 | – | 99.5 % |"
    assert table[-1] == "Left out: BullMQ (no Node here)."


def test_table_of_latencies_has_a_column_for_each() -> None:
    table = tables({"latencies": latencies()})["latencies"].splitlines()

    assert table[4:7] == [
        "| zettai-sms | 99.5 %, 599 | 99.5 %, 599 |",
        "| BullMQ | – | 25.0 %, 599 |",
        "| zettai-sms: claimed and not in flight, the most | 130 | 130 |",
    ]


def test_table_of_changing_latency_ends_with_the_whole_run() -> None:
    phases = [{"latency": 0.1, "share_of_limit": 0.99}, {"latency": 1.5, "share_of_limit": 0.97}]
    table = tables({"changing": result("changing", ours={"measurements": MEASUREMENTS, "phases": phases})})

    assert [line for line in table["changing"].splitlines() if " s |" in line or "whole" in line] == [
        "| 0.1 s | 99.0 % |",
        "| 1.5 s | 97.0 % |",
        "| the whole run | 99.5 % |",
    ]


def test_table_of_kills_has_a_row_for_each() -> None:
    table = tables({"killed": result("killed", ours={"measurements": {"unknown": [31, 58]}})})["killed"]

    assert "| 1 | 31 |\n| 2 | 58 |" in table


def test_table_without_results_has_a_placeholder() -> None:
    assert all(text.endswith("Not measured yet.") for text in tables({}).values())


def test_only_the_text_between_markers_is_renewed() -> None:
    page = "words\n<!-- begin table targets -->\nold\n<!-- end -->\nmore words\n"
    once = filled(page, {"bulk": bulk()})

    assert once.startswith("words\n<!-- begin table targets -->\n| promise | goal | measured | result |\n")
    assert "| bulk: share | ≥ 99.0 % | 99.5 % | met by 0.5 % |" in once
    assert once.endswith("<!-- end -->\nmore words\n")
    assert filled(once, {"bulk": bulk()}) == once


def test_unknown_marker_is_an_error() -> None:
    with pytest.raises(KeyError):
        filled("<!-- begin table nonsense -->\n<!-- end -->", {})


def test_pictures_are_well_formed_and_have_descriptions() -> None:
    urgent = result("urgent", ours={"delays": [0.05, 0.2, None], "measurements": {}})
    drawn = pictures({"bulk": bulk(), "urgent": urgent, "latencies": latencies()})

    assert set(drawn) == {"arrivals", "rate", "cpu", "urgent", "latencies", "claimed"} == set(TITLES)
    descriptions = {name: fromstring(picture).findtext(f"{SVG}desc") for name, picture in drawn.items()}  # noqa: S314 - our own
    assert (
        descriptions["arrivals"] == "zettai-sms: most in 10 ms 6, sum 1200; Celery + limits: most in 10 ms 6, sum 1200."
    )
    assert (
        descriptions["urgent"] == "zettai-sms: 33 % within 0.1 s, 67 % within 0.5 s, 67 % within 1 s, 67 % within 10 s."
    )
    assert "workers 0.50 ms" in str(descriptions["cpu"])
    assert descriptions["latencies"] == "zettai-sms: 99.5 % at 100 ms, 99.5 % at 3 s; BullMQ: 25.0 % at 3 s."
    assert descriptions["claimed"] == "100 ms: at most 130; 3 s: at most 130."


def test_each_product_has_its_own_color() -> None:
    assert len(set(COLORS.values())) == len(COLORS)


def test_excerpt_has_two_seconds() -> None:
    assert sum(excerpt(EVEN)) == 1_200
    assert len(excerpt(EVEN)) == 200


def test_logarithmic_axis_is_bounded() -> None:
    assert [across(seconds) for seconds in (0, 0.001, 100, 1_000)] == [LEFT, LEFT, RIGHT, RIGHT]


def test_failed_peer_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(name: str) -> dict[str, Any]:
        if name == "dramatiq_limiter":
            raise TimeoutError("no call arrived")
        return {"measurements": {}}

    monkeypatch.setattr("zettai_benchmarks.peer_runs.missing", {"bullmq": "no Node here"}.get)
    runs, skipped = each(["celery_limits", "dramatiq_limiter", "bullmq"], run)

    assert runs == {"celery_limits": {"measurements": {}}}
    assert skipped == {"dramatiq_limiter": "failed: TimeoutError", "bullmq": "no Node here"}


def test_claimed_messages_in_flight_are_not_counted() -> None:
    assert beyond_flight({"at": 0, "claimed": 130, "in_flight": 60}) == 70
    assert beyond_flight({"at": 0, "claimed": 59, "in_flight": 60}) == 0


def test_scenario_by_name_only_exists() -> None:
    assert set(SCENARIOS) > BY_NAME_ONLY


def test_scale_returns_the_value_of_its_size() -> None:
    assert (Scale().of(60, 5), Scale(quick=True).of(60, 5)) == (60, 5)
