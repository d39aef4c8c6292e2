"""A real Prometheus reads a real worker and the exporter after a run with faults."""

import subprocess
from pathlib import Path

import pytest
from tests.integration.cli.helpers import COMMAND
from tests.integration.metrics.rules import PROMETHEUS, expressions
from tests.support.metrics import Samples, scrape
from tests.support.prometheus import prometheus
from tests.support.servers import free_port
from tests.support.stack import TOKEN, Stack, eventually

from zettai import State
from zettai.core.lanes import Lane
from zettai_worker.sending.circuit_breaker import BREAKER_AFTER

pytestmark = pytest.mark.long

BODY = "極秘の本文"
MESSAGES = 1 + BREAKER_AFTER


def _scraped(port: int) -> Samples | None:
    try:
        return scrape(port)
    except OSError:
        return None


def _start(stack: Stack) -> tuple[int, int]:
    """Start a worker, beat and the exporter; return the metrics ports of the worker and the exporter."""
    stack.environment["ZETTAI_METRICS_PORT"] = str(worker := free_port())
    stack.start_worker()
    stack.start_beat()
    exporter = free_port()
    stack.processes.append(subprocess.Popen([COMMAND, "exporter", f"--port={exporter}"], env=stack.environment))
    eventually(lambda: _scraped(worker) and _scraped(exporter), "both serve metrics")
    return worker, exporter


def test_faults_are_counted(own_stack: Stack, tmp_path: Path) -> None:
    """A response is lost and the repeated request is refused; then the provider is down for a while."""
    worker, exporter = _start(own_stack)

    own_stack.simulator.set_faults({"kind": "cut_after", "times": 1})
    once = own_stack.client.send("09055550001", BODY, lane=Lane.URGENT)
    own_stack.wait_for_state(once, State.DELIVERED)
    own_stack.simulator.set_faults({"kind": "unavailable", "endpoint": "*"})
    later = [own_stack.client.send(f"090555501{n:02}", BODY) for n in range(BREAKER_AFTER)]
    eventually(lambda: scrape(exporter).value("zettai_provider_down"), "the breaker opens")
    own_stack.simulator.set_faults()
    for message in later:
        own_stack.wait_for_state(message, State.DELIVERED)

    own = scrape(worker)
    assert own.value("zettai_duplicates_prevented_total") == 1
    assert own.value("zettai_provider_errors_total", endpoint="mt.json", code="none") == 1
    assert own.value("zettai_provider_errors_total", endpoint="mt.json", code="400") >= 1
    assert own.value("zettai_provider_errors_total", code="http_503") >= BREAKER_AFTER
    assert own.value("zettai_holds_total", reason="provider_down") >= 1
    assert own.value("zettai_limiter_wait_seconds_count", lane="urgent") >= 2
    shared = eventually(lambda: _all_delivered(exporter), "all deliveries")
    assert shared.value("zettai_delivery_seconds_count") == MESSAGES
    assert shared.value("zettai_transitions_total", state="delivered") == MESSAGES
    assert shared.value("zettai_reconciliation_last_run_timestamp_seconds", round="publish_due") > 0
    for secret in (TOKEN, "905555000", "90555501", BODY, once.client_tag, *(message.client_tag for message in later)):
        assert secret not in own.page + shared.page
    _check_with_prometheus(tmp_path, worker, exporter)


def _check_with_prometheus(folder: Path, worker: int, exporter: int) -> None:
    """Check that Prometheus with our configuration keeps the labels and answers all rules and panels."""
    with prometheus(
        folder, PROMETHEUS / "prometheus.yml", {"zettai-worker": worker, "zettai-exporter": exporter}
    ) as one:
        [beat] = one.ask('time() - zettai_reconciliation_last_run_timestamp_seconds{round="publish_due"}')
        assert float(beat["value"][1]) < 60
        [duplicates] = one.ask("sum(zettai_duplicates_prevented_total)")
        assert duplicates["value"][1] == "1"
        for _, expression in expressions():
            one.ask(expression)
        assert (
            one.ask('ALERTS{alertname=~"ZettaiExporterDown|ZettaiRedisDown|ZettaiNoWorkers", alertstate="firing"}')
            == []
        )


def _all_delivered(exporter: int) -> Samples | None:
    metrics = scrape(exporter)
    return metrics if metrics.value("zettai_messages", state="delivered") == MESSAGES else None
