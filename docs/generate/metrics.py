"""The page of the metrics."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from docs.generate.markdown import code, codes, table
from docs.generate.source import modules

HEAD = """# Metrics

`make docs` writes this page from the code. How to collect the metrics: [operations](../operations.md#metrics). What to do about an alert: the
[runbook](../runbook.md). No label holds a client tag, a phone number or a text.

## Counted by each process

A process serves them on `ZETTAI_METRICS_PORT`. They start at zero with the process. The label `account` is the name of an [account](../how-to/accounts.md), or `default`.

"""

EXPORTER = """
## Read from Redis by `zettai exporter`

One exporter serves them for an installation. While Redis does not answer, it serves `zettai_redis_up` only.

"""

KINDS = ("counter", "gauge", "histogram")

PROCESS_KINDS = {name: kind for kind in KINDS for name in (kind.title(), kind)}
"""What makes a metric that a process counts, such as `Counter`, or `counter` that is the same with its registry."""

EXPORTER_KINDS = {name: kind for kind in KINDS for name in (f"{kind.title()}MetricFamily", f"{kind}_family")}
"""What makes a metric that the exporter reads: classes of prometheus_client, and functions of `families.py`."""

BY_ACCOUNT = {"worker_metrics", "account_metrics"}
"""The modules whose metrics have the label `account`; `by_account.py` adds it."""


class Metric(NamedTuple):
    """A metric as its constructor describes it."""

    name: str
    kind: str
    labels: list[str]
    text: str


def page() -> str:
    """Return the page."""
    header = ("name", "kind", "labels", "meaning")
    return HEAD + table(header, _rows(PROCESS_KINDS)) + EXPORTER + table(header, _rows(EXPORTER_KINDS))


def _rows(kinds: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    for folder in ("worker", "producers"):
        for path, module in modules(folder):
            account = ["account"] if path.stem in BY_ACCOUNT else []
            for one in _metrics(module, kinds):
                yield code(one.name), one.kind, codes([*one.labels, *account]), one.text


def _metrics(module: ast.Module, kinds: dict[str, str]) -> Iterator[Metric]:
    """Yield each metric that a module constructs, in the order of the lines."""
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda call: call.lineno):
        match call:
            case ast.Call(
                func=ast.Name(id=kind),
                args=[ast.Constant(value=str(name)), ast.Constant(value=str(text)), *more],
            ) if kind in kinds:
                labels = [keyword.value for keyword in call.keywords if keyword.arg in {"labels", "labelnames"}]
                lists = [*labels, *(one for one in more if isinstance(one, ast.List))]
                found = [node.value for one in lists for node in ast.walk(one) if isinstance(node, ast.Constant)]
                total = "_total" if kinds[kind] == "counter" and not name.endswith("_total") else ""
                yield Metric(name + total, kinds[kind], list(map(str, found)), text)
