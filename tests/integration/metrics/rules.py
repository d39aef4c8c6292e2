"""The alerts and the dashboard, as the tests read them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml
from tests.docs.pages import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
GRAFANA = ROOT / "deploy" / "grafana"

METRIC = re.compile(r"\bzettai_\w+")
MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
GROUPED = re.compile(r"\b(?:by|without|on|ignoring) \(([^)]*)\)")
PROMETHEUS_LABELS = frozenset({"job", "instance", "le", "alertname", "alertstate"})


def alerts() -> list[dict[str, Any]]:
    """Return the alerts in order."""
    groups = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Return the panels of the dashboard, including rows."""
    board = json.loads((GRAFANA / "dashboards" / "zettai.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = board["panels"]
    return found


def expressions() -> Iterator[tuple[str, str]]:
    """Yield each query of alerts and dashboard, after the name of its alert or panel."""
    for alert in alerts():
        yield alert["alert"], alert["expr"]
    for panel in panels():
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m")


def labels_in(expression: str) -> set[str]:
    """Return the labels that an expression uses."""
    grouped = (name.strip() for names in GROUPED.findall(expression) for name in names.split(","))
    return {name for name, _ in MATCHER.findall(expression)} | {name for name in grouped if name}


def values_in(expression: str, label: str) -> set[str]:
    """Return the values of a label in an expression."""
    return {value for name, values in MATCHER.findall(expression) if name == label for value in values.split("|")}
