"""`zettai reconcile parts`."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.cli.helpers import zettai

from zettai.core.months import Month
from zettai.core.store import WorkerStore
from zettai.core.times import now
from zettai_simulator import SimulatorProcess
from zettai_worker.reconciliation.parts_rules import latest_settled


@pytest.fixture
def month(store: WorkerStore) -> Month:
    """Return the latest month, in which the store has counted 5 parts of docomo, and up to 2 of au."""
    month = latest_settled(now())
    for counted, sent, carrier, parts in ((-1, -1, "au", 1), (0, 0, "docomo", 5), (0, -1, "au", 2)):
        store.redis.hset(store.keys.billed_parts, f"{month.plus(counted)} {month.plus(sent)} {carrier}", parts)
    return month


@pytest.fixture
def simulator(redis_settings: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatorProcess]:
    """Return the simulator that the command calls."""
    with SimulatorProcess() as simulator:
        monkeypatch.setenv("ZETTAI_API_URL", simulator.url)
        yield simulator


def test_equal_numbers_exit_with_0(simulator: SimulatorProcess, month: Month) -> None:
    simulator.set_billed_parts(**{str(month): {"101": 1, "103": 5}})

    result = zettai("reconcile", "parts")

    assert result.exit_code == 0
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["default", "au", "0", "to", "2", "1", "+0"] in rows
    assert ["default", "docomo", "5", "5", "+0"] in rows
    assert f"{month}: no differences" in result.stdout


def test_difference_exits_with_1(simulator: SimulatorProcess, month: Month) -> None:
    simulator.set_billed_parts(**{str(month): {"101": 3, "103": 4}})

    result = zettai("reconcile", "parts", f"--month={month}", "--json")

    assert result.exit_code == 1
    shown = {one["carrier"]: one for one in map(json.loads, result.stdout.splitlines())}
    assert {carrier: one["difference"] for carrier, one in shown.items()} == {
        "au": 1,
        "docomo": -1,
        "softbank": 0,
        "rakuten": 0,
    }
    assert shown["au"] == {
        "account": "default",
        "month": str(month),
        "carrier": "au",
        "least": 0,
        "most": 2,
        "provider": 3,
        "difference": 1,
        "inconclusive": None,
    }


def test_fastapi_shop_prints_the_differences(simulator: SimulatorProcess, month: Month) -> None:
    simulator.set_billed_parts(**{str(month): {"101": 1, "103": 4}})
    script = Path(__file__).parents[3] / "examples/fastapi/compare_parts.py"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"

    ended = subprocess.run(
        [sys.executable, script], check=False, env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, text=True
    )

    assert (ended.returncode, ended.stdout) == (1, f"{month}, default, docomo: -1 parts\n")


def test_present_month_is_shown_and_proves_nothing(simulator: SimulatorProcess, month: Month) -> None:
    present = Month.of(now())
    simulator.set_billed_parts(**{str(present): {"101": 3}})

    result = zettai("reconcile", "parts", f"--month={present}")

    assert result.exit_code == 0
    assert "+3" in result.stdout
    assert f"{present}: this proves nothing, because the month is not over" in result.stdout


def test_unavailable_provider_exits_with_5(simulator: SimulatorProcess, month: Month) -> None:
    simulator.set_faults({"kind": "unavailable", "endpoint": "*"})

    assert zettai("reconcile", "parts").exit_code == 5


@pytest.mark.parametrize(
    "words",
    [
        ["parts", "--month=november"],
        ["--dry-run", "parts"],
        ["--day=2026-11-01", "parts"],
        ["--account=default", "parts"],
    ],
)
def test_wrong_option_is_a_usage_error(redis_settings: str, words: list[str]) -> None:
    assert zettai("reconcile", *words).exit_code == 2
