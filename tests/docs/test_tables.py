"""Tables that people write, compared with the code. The pages of docs/reference are generated and need no test here."""

import ast
from collections.abc import Iterator
from dataclasses import fields

from tests.docs.pages import ROOT, table

from zettai_simulator import behavior, faults
from zettai_simulator.behavior import Behavior
from zettai_simulator.carriers import CARRIERS, Pace, Status, carrier_of, fate_of
from zettai_simulator.faults import Kind
from zettai_worker.supervisor import plan

LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}
"""The level of each method of a logger."""


def test_the_processes_are_those_of_the_plan() -> None:
    rows = table("docs/operations.md", "process", "serves", "why")

    assert [row["process"] for row in rows] == [spec.name for spec in plan(1)]


def test_the_log_events_are_those_of_the_code() -> None:
    """Every event of an application or a worker, with its level."""
    rows = table("docs/operations.md", "event", "level", "what, and what to do")

    assert {(row["event"], row["level"]) for row in rows} == set(_logged())


def _logged() -> Iterator[tuple[str, str]]:
    for folder in ("producers", "worker", "console"):
        for path in (ROOT / folder).rglob("*.py"):
            yield from _logged_in(ast.parse(path.read_text(encoding="utf-8")))


def _logged_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="logger" | "_log"), attr=level), args=[ast.Constant(value=event)]
            ) if level in LEVELS:
                yield str(event), LEVELS[level]


def test_the_simulator_gives_each_number_the_status_of_the_table() -> None:
    ends = {"failed": Status.FAILED, "being sent": Status.SENDING, "unknown": Status.UNKNOWN}
    rows = table("docs/testing.md", "number", "result")
    written = {
        suffix.removeprefix("…"): ends[row["result"].split(":")[0].split(",")[0]]
        for row in rows[:-1]
        for suffix in row["number"].split()
    }

    for suffix in map("{:03}".format, range(1000)):
        fate = fate_of(f"+819011111{suffix}", None, Pace(delivery=0, kddi_failure=0))
        assert fate.status is written.get(suffix, Status.DELIVERED)


def test_the_simulator_gives_each_number_the_carrier_of_the_table() -> None:
    rows = table("docs/testing.md", "number", "carrier")
    of_digit = {
        digit: row["carrier"] for row in rows for digit in range(int(row["number"][3]), int(row["number"][-1]) + 1)
    }

    assert of_digit == {digit: carrier_of(f"+8190{digit}1111111").name for digit in range(1, 10)}
    assert set(of_digit.values()) == {carrier.name for carrier in CARRIERS.values()}


def test_the_table_of_faults_is_that_of_the_simulator() -> None:
    rows = table("docs/testing.md", "fault", "what goes wrong")

    assert {row["fault"]: row["what goes wrong"].replace("`", "") for row in rows} == {
        str(kind): faults.DESCRIPTIONS[kind].replace("`", "") for kind in Kind
    }
    for row in rows:
        assert row["what goes wrong"].startswith("the call takes effect") is Kind(row["fault"]).spares_the_call


def test_the_table_of_behaviors_is_that_of_the_simulator() -> None:
    rows = table("docs/testing.md", "behavior", "what the provider does")

    assert [row["behavior"] for row in rows] == [field.name for field in fields(Behavior)]
    assert {row["behavior"]: row["what the provider does"] for row in rows} == behavior.DESCRIPTIONS
