"""Alerts and dashboard ask for what our processes really tell, and each alert has its example and its advice."""

import json
import re
import subprocess
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.docs.pages import anchors, read
from tests.integration.metrics.exported import families
from tests.integration.metrics.rules import (
    GRAFANA,
    METRIC,
    OF_PROMETHEUS,
    PROMETHEUS,
    alerts,
    expressions,
    labels_in,
    panels,
    values_in,
)
from tests.support.programs import program

from zettai.core.carriers import Carrier
from zettai.core.delivery_reports import Outcome
from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai_worker.reconciliation.differences import DifferenceKind

VALUES: dict[str, set[str]] = {
    "lane": set(Lane),
    "state": set(State),
    "carrier": {*Carrier, "unknown"},
    "outcome": set(Outcome),
    "what": {*DifferenceKind, "lost_task"},
    "round": {"publish_due", "sweep", "purge", "reservations", "statuses"},
}


def _promtool(*words: str | Path) -> None:
    ran = subprocess.run(
        [program("promtool", "prometheus"), *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_rules_and_the_configuration_are_valid() -> None:
    """As Prometheus itself judges; the configuration names the rules."""
    _promtool("check", "rules", PROMETHEUS / "alerts.yml")
    _promtool("check", "config", PROMETHEUS / "prometheus.yml")


def test_each_alert_speaks_when_it_should() -> None:
    """By its example: silent before, firing after; and on a busy, healthy day all are silent."""
    _promtool("test", "rules", PROMETHEUS / "alerts_test.yml")


def test_each_alert_has_an_example() -> None:
    """Under its own name."""
    examples = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]

    assert [example["name"] for example in examples][1:] == [alert["alert"] for alert in alerts()]
    for alert, example in zip(alerts(), examples[1:], strict=True):
        asked = [test["expr"] for test in example["promql_expr_test"]]
        assert all(f'alertname="{alert["alert"]}"' in expression for expression in asked)
        assert [test["exp_samples"][0]["value"] for test in example["promql_expr_test"]] == [0, 1]


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_each_alert_says_what_it_means(alert: dict[str, Any]) -> None:
    """With how urgent it is, and where to read what to do."""
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == f"docs/runbook.md#{alert['alert'].lower()}"


def test_each_alert_has_a_section_in_the_runbook_and_the_other_way_round() -> None:
    """In the same order."""
    page = read("docs/runbook.md")
    sections = re.findall(r"^### (\w+)$", page, flags=re.MULTILINE)

    assert sections == [alert["alert"] for alert in alerts()]
    assert {alert["annotations"]["runbook_url"].partition("#")[2] for alert in alerts()} <= anchors(page)


@pytest.mark.parametrize("section", re.split(r"^### ", read("docs/runbook.md"), flags=re.MULTILINE)[1:])
def test_each_section_says_what_to_do(section: str) -> None:
    """What it means, what to look at, what to do, and whether the provider must be called."""
    body = section.partition("\n## ")[0]

    assert re.findall(r"^\*\*(.+?)\*\*", body, flags=re.MULTILINE) == ["Means.", "Look.", "Do.", "Call the provider"]


def test_what_is_asked_for_exists(redis_url: str) -> None:
    """Each metric and each of its labels, in rules and dashboard."""
    known = {name: family for family in families(redis_url) for name in family.series}

    for place, expression in expressions():
        metrics = set(METRIC.findall(expression))
        assert metrics <= set(known), place
        labels = {label for metric in metrics for label in known[metric].labels}
        assert labels_in(expression) <= labels | OF_PROMETHEUS, place


@pytest.mark.parametrize("label", VALUES)
def test_values_that_are_asked_for_exist(label: str) -> None:
    """A misspelt state would be silent for ever."""
    cancels = {"unclear", *State}  # the other metric with this label
    for place, expression in expressions():
        assert values_in(expression, label) <= VALUES[label] | (cancels if label == "outcome" else set()), place


def test_the_dashboard_shows_every_metric(redis_url: str) -> None:
    """Nothing is counted in vain."""
    shown = {
        name for panel in panels() for target in panel.get("targets", []) for name in METRIC.findall(target["expr"])
    }

    assert [family.name for family in families(redis_url) if not family.series & shown] == []


def test_the_dashboard_is_well_formed(tmp_path: Path) -> None:
    """No panel covers another, each says what it shows, and Prometheus can read each question."""
    boxes = [(panel["id"], panel["gridPos"]) for panel in panels()]
    assert len({identity for identity, _ in boxes}) == len(boxes)
    for (_, one), (_, other) in combinations(boxes, 2):
        apart = any(
            a[at] + a[size] <= b[at] for at, size in (("x", "w"), ("y", "h")) for a, b in ((one, other), (other, one))
        )
        assert apart, (one, other)
    assert all(panel["description"] and panel["targets"] for panel in panels() if panel["type"] != "row")
    rules = [{"record": f"panel:{number}", "expr": expression} for number, (_, expression) in enumerate(expressions())]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    _promtool("check", "rules", "--lint=none", tmp_path / "rules.yml")


def test_the_dashboard_finds_its_data_source() -> None:
    """By the name under which Grafana is told of it."""
    [source] = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]

    asked = {target["datasource"]["uid"] for panel in panels() for target in panel.get("targets", [])}

    assert asked == {source["uid"]}
