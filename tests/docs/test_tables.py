"""The tables of the pages say what the code says."""

import ast
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest
from pydantic import SecretStr, TypeAdapter
from pydantic.fields import FieldInfo
from tests.docs.pages import ROOT, names, table
from tests.integration.metrics.exported import Family, of_a_process, of_the_exporter

from zettai.contrib.integration import FrameworkSettings
from zettai.core.lanes import Lane
from zettai.core.settings import Duration, ProcessSettings, Settings
from zettai.core.states import TRANSITIONS, State
from zettai.core.store.keys import Keys
from zettai.gateway.settings import GatewaySettings
from zettai_simulator.carriers import CARRIERS, Pace, Status, carrier_of, fate_of
from zettai_simulator.faults import Kind
from zettai_worker.settings import LimiterSettings, WorkerSettings
from zettai_worker.supervisor import plan

READERS: dict[str, type[Settings]] = {
    "app": Settings,
    "process": ProcessSettings,
    "gateway": GatewaySettings,
    "limit": LimiterSettings,
    "worker": WorkerSettings,
}

FIELDS = GatewaySettings.model_fields | WorkerSettings.model_fields

LEVELS = {"debug", "info", "warning", "error"}


def test_each_setting_is_in_the_table() -> None:
    """With its name, and who reads it."""
    rows = table("docs/settings.md", "name", "read by", "type", "default", "meaning")
    of_code = {f"ZETTAI_{name.upper()}": _first_reader(name) for name in FIELDS}

    assert {row["name"]: row["read by"] for row in rows} == of_code
    assert len(rows) == len(of_code)
    assert all(row["meaning"] for row in rows)


def test_each_setting_of_frameworks_is_in_its_table() -> None:
    """Beside those of all apps."""
    rows = table("docs/settings.md", "name", "default", "in a framework")

    more = FrameworkSettings.model_fields.keys() - Settings.model_fields.keys()
    assert {row["name"] for row in rows} == {f"ZETTAI_{name.upper()}" for name in more}


def _first_reader(field: str) -> str:
    return next(name for name, settings in READERS.items() if field in settings.model_fields)


@pytest.mark.parametrize(
    "row", table("docs/settings.md", "name", "read by", "type", "default", "meaning"), ids=lambda row: row["name"]
)
def test_types_and_defaults_are_those_of_the_code(row: dict[str, str]) -> None:
    """A duration may be written in any form that the settings take."""
    field = FIELDS[row["name"].removeprefix("ZETTAI_").lower()]

    assert row["type"] == _type_name(field)
    if field.is_required():
        assert row["default"] == "required"
    elif field.default is None:
        assert row["default"] == "–"
    elif isinstance(field.default, bool):
        assert row["default"] == ("yes" if field.default else "no")
    elif isinstance(field.default, timedelta):
        assert TypeAdapter[timedelta](Duration).validate_python(row["default"]) == field.default
    else:
        assert row["default"] == str(field.default)


def _type_name(field: FieldInfo) -> str:
    kinds: set[Any] = set(get_args(field.annotation)) or {field.annotation}
    bare = (get_args(kind)[0] if get_origin(kind) is Annotated else kind for kind in kinds)
    kind: type = next(kind for kind in bare if kind is not type(None))
    if issubclass(kind, StrEnum):
        return " or ".join(f"`{value}`" for value in kind)
    return {str: "text", int: "number", bool: "yes or no", timedelta: "duration", Path: "path", SecretStr: "secret"}[
        kind
    ]


def test_the_states_are_those_of_the_code() -> None:
    """Every state, in order, with exactly the states that may follow."""
    rows = table("docs/reference/states.md", "state", "meaning", "may become")

    assert [row["state"] for row in rows] == list(State)
    for row in rows:
        written = row["may become"] if "`" in row["may become"] else f"`{row['may become']}`"
        assert set(names(written)) - {"–"} == TRANSITIONS[State(row["state"])]
        assert row["meaning"].startswith("final") is State(row["state"]).is_final
        assert ("never sent" in row["meaning"]) is State(row["state"]).was_never_sent


def test_the_keys_are_those_of_the_code() -> None:
    """Every key that `Keys` makes, and no other but those of beat."""
    keys = Keys("zettai")
    of_code = {
        keys.message("TAG"),
        keys.body("TAG"),
        keys.group("GROUP"),
        keys.state(State.QUEUED).replace(State.QUEUED, "STATE"),
        keys.waiting(Lane.BULK).replace(Lane.BULK, "LANE"),
        keys.queue(Lane.BULK).replace(Lane.BULK, "LANE"),
        keys.run("JOB"),
        keys.rate("KEY"),
        *(str(getattr(keys, name)) for name, value in vars(Keys).items() if isinstance(value, property)),
    } - {keys.broker}

    rows = table("docs/architecture.md", "key", "type", "what", "lifetime")

    assert {row["key"] for row in rows} - {"zettai:beat:…"} == of_code


def test_the_processes_are_those_of_the_plan() -> None:
    """A large machine's plan has the processes of the table, with their threads."""
    rows = table("docs/operations.md", "process", "serves", "threads", "why")
    threads = {spec.name: spec.threads for spec in plan(4)}

    assert [row["process"] for row in rows] == [
        name for name in threads if name not in {"general-2", "general-3", "general-4"}
    ]
    assert {row["process"]: row["threads"] for row in rows if row["threads"].isdigit()} == {
        name: str(threads[name]) for name in ("express", "status")
    }


@pytest.mark.parametrize(("told_by", "table_of"), [("a process", of_a_process), ("the exporter", of_the_exporter)])
def test_the_metrics_are_those_of_the_code(
    told_by: str, table_of: Callable[[str], Iterable[Family]], redis_url: str
) -> None:
    """By the names under which Prometheus finds them, with their labels, in the order of the code."""
    rows = table("docs/operations.md", f"name, told by {told_by}", "labels", "what")
    found = list(table_of(redis_url))

    assert [row[f"name, told by {told_by}"] for row in rows] == [family.name for family in found]
    for row, family in zip(rows, found, strict=True):
        assert set(names(row["labels"]) or [row["labels"]]) - {"–"} == family.labels, family.name
        assert row["what"].endswith("(a histogram)") is (family.kind == "histogram"), family.name


def test_the_log_events_are_those_of_the_code() -> None:
    """Every event that a worker or a web app can log, at its level. The command line's own are for its user alone."""
    rows = table("docs/operations.md", "event", "level", "what, and what to do")

    assert {(row["event"], row["level"]) for row in rows} == set(_logged())


def _logged() -> Iterator[tuple[str, str]]:
    for folder in ("producers", "worker"):
        for path in (ROOT / folder).rglob("*.py"):
            if not path.is_relative_to(ROOT / "worker" / "cli"):
                yield from _logged_in(ast.parse(path.read_text(encoding="utf-8")))


def _logged_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="logger" | "_log"), attr=level), args=[ast.Constant(value=event)]
            ) if level in LEVELS:
                yield str(event), level


def test_the_simulators_numbers_end_as_the_table_says() -> None:
    """Each suffix of the table, and no failing one that it lacks."""
    ends = {"failed": Status.FAILED, "being sent": Status.SENDING, "unknown": Status.UNKNOWN}
    rows = table("docs/testing.md", "number", "end")
    written = {
        suffix.removeprefix("…"): ends[row["end"].split(":")[0].split(",")[0]]
        for row in rows[:-1]
        for suffix in row["number"].split()
    }

    for suffix in map("{:03}".format, range(1000)):
        fate = fate_of(f"+819011111{suffix}", None, Pace(delivery=0, kddi_failure=0))
        assert fate.status is written.get(suffix, Status.DELIVERED)


def test_the_simulators_carriers_are_as_the_table_says() -> None:
    """By the digit behind 0X0."""
    rows = table("docs/testing.md", "number", "carrier")
    of_digit = {
        digit: row["carrier"] for row in rows for digit in range(int(row["number"][3]), int(row["number"][-1]) + 1)
    }

    assert of_digit == {digit: carrier_of(f"+8190{digit}1111111").name for digit in range(1, 10)}
    assert set(of_digit.values()) == {carrier.name for carrier in CARRIERS.values()}


def test_the_simulators_faults_are_those_of_the_code() -> None:
    """Every kind, and whether the call is carried out all the same."""
    rows = table("docs/testing.md", "fault", "what goes wrong")

    assert [row["fault"] for row in rows] == list(Kind)
    for row in rows:
        assert row["what goes wrong"].startswith("the call is carried out") is Kind(row["fault"]).spares_the_call
