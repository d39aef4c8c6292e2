"""Where the metrics of a worker are registered."""

import os
import subprocess
import sys

from prometheus_client import CollectorRegistry, generate_latest

from zettai_worker.metrics.worker_metrics import WorkerMetrics

IMPORT_EVERY_MODULE = """
import pkgutil
from importlib import import_module

from prometheus_client import REGISTRY

names = set(REGISTRY._names_to_collectors)
import zettai_worker
for module in pkgutil.walk_packages(zettai_worker.__path__, "zettai_worker."):
    import_module(module.name)
print(sorted(set(REGISTRY._names_to_collectors) - names))
"""


def test_importing_the_worker_registers_no_metric() -> None:
    environment = os.environ | {"ZETTAI_CLIENT_ID": "1234", "ZETTAI_SMS_CODE": "12345"}

    done = subprocess.run(
        [sys.executable, "-c", IMPORT_EVERY_MODULE],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.stderr == ""
    assert done.stdout.strip() == "[]"


def test_metrics_are_registered_where_they_are_built() -> None:
    registry = CollectorRegistry()

    metrics = WorkerMetrics(registry)
    metrics.slot_missed()

    assert b"zettai_limiter_missed_slots_total 1.0" in generate_latest(registry)


def test_metrics_can_be_built_twice_without_a_registry() -> None:
    first, second = WorkerMetrics(), WorkerMetrics()

    first.slot_missed()

    assert second.missed_slots._value.get() == 0
