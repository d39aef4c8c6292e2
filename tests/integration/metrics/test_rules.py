"""Alerts and dashboard use exported metrics; each alert has an example and a runbook section."""

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
    PROMETHEUS,
    PROMETHEUS_LABELS,
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
from zettai.core.store.guards import GUARD_NAMES
from zettai_worker.reconciliation.differences import DifferenceKind

VALUES: dict[str, set[str]] = {
    "lane": set(Lane),
    "state": set(State),
    "carrier": {*Carrier, "unknown"},
    "outcome": set(Outcome),
    "what": {*DifferenceKind, "lost_task"},
    "guard": set(GUARD_NAMES),
    "round": {"publish_due", "sweep", "purge", "reservations", "statuses", "parts"},
}


def _promtool(*words: str | Path) -> None:
    ran = subprocess.run(
        [program("promtool", "prometheus"), *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_rules_and_configuration_are_valid() -> None:
    _promtool("check", "rules", PROMETHEUS / "alerts.yml")
    _promtool("check", "config", PROMETHEUS / "prometheus.yml")


@pytest.mark.long
def test_each_alert_fires_in_its_example() -> None:
    """It does not fire before. On a busy day without faults no alert fires."""
    _promtool("test", "rules", PROMETHEUS / "alerts_test.yml")


def test_each_alert_has_an_example() -> None:
    examples = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text(encoding="utf-8"))["tests"]

    assert [example["name"] for example in examples][1:] == [alert["alert"] for alert in alerts()]
    for alert, example in zip(alerts(), examples[1:], strict=True):
        asked = [test["expr"] for test in example["promql_expr_test"]]
        assert all(f'alertname="{alert["alert"]}"' in expression for expression in asked)
        assert [test["exp_samples"][0]["value"] for test in example["promql_expr_test"]] == [0, 1]


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_each_alert_has_severity_texts_and_runbook_link(alert: dict[str, Any]) -> None:
    assert alert["labels"]["severity"] in {"critical", "warning"}
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == f"docs/runbook.md#{alert['alert'].lower()}"


def test_runbook_sections_are_the_alerts_in_order() -> None:
    page = read("docs/runbook.md")
    sections = re.findall(r"^### (\w+)$", page, flags=re.MULTILINE)

    assert sections == [alert["alert"] for alert in alerts()]
    assert {alert["annotations"]["runbook_url"].partition("#")[2] for alert in alerts()} <= anchors(page)


@pytest.mark.parametrize("section", re.split(r"^### ", read("docs/runbook.md"), flags=re.MULTILINE)[1:])
def test_each_runbook_section_has_all_parts(section: str) -> None:
    body = section.partition("\n## ")[0]

    assert re.findall(r"^\*\*(.+?)\*\*", body, flags=re.MULTILINE) == ["Means.", "Look.", "Do.", "Call the provider"]


def test_metrics_and_labels_in_expressions_exist(redis_url: str) -> None:
    known = {name: family for family in families(redis_url) for name in family.series}

    for place, expression in expressions():
        metrics = set(METRIC.findall(expression))
        assert metrics <= set(known), place
        labels = {label for metric in metrics for label in known[metric].labels}
        assert labels_in(expression) <= labels | PROMETHEUS_LABELS, place


@pytest.mark.parametrize("label", VALUES)
def test_label_values_in_expressions_exist(label: str) -> None:
    """A misspelled value would never match, without an error."""
    cancels = {"unclear", *State}  # another metric with this label
    for place, expression in expressions():
        assert values_in(expression, label) <= VALUES[label] | (cancels if label == "outcome" else set()), place


def test_dashboard_shows_every_metric(redis_url: str) -> None:
    shown = {
        name for panel in panels() for target in panel.get("targets", []) for name in METRIC.findall(target["expr"])
    }

    assert [family.name for family in families(redis_url) if not family.series & shown] == []


def test_dashboard_is_valid(tmp_path: Path) -> None:
    """Panels do not overlap, each has a description, and Prometheus can parse each query."""
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


def test_dashboard_uses_the_provisioned_data_source() -> None:
    [source] = yaml.safe_load((GRAFANA / "provisioning/datasources/prometheus.yml").read_text())["datasources"]

    asked = {target["datasource"]["uid"] for panel in panels() for target in panel.get("targets", [])}

    assert asked == {source["uid"]}
