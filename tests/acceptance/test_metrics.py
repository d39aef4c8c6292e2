"""What a real worker and the exporter tell a real Prometheus of a run in which something went wrong."""

import subprocess
from pathlib import Path

from tests.integration.cli.helpers import COMMAND
from tests.integration.metrics.rules import PROMETHEUS, expressions
from tests.support.metrics import Samples, scrape
from tests.support.prometheus import prometheus
from tests.support.servers import free_port
from tests.support.stack import TOKEN, Stack, eventually

from zettai import State
from zettai.core.lanes import Lane
from zettai_worker.sending.circuit_breaker import BREAKER_AFTER

BODY = "極秘の本文"
MESSAGES = 1 + BREAKER_AFTER


def _page(port: int) -> Samples | None:
    try:
        return scrape(port)
    except OSError:
        return None


def _start(stack: Stack) -> tuple[int, int]:
    """Start a worker, beat and the exporter; answers where the first and the last tell what they know."""
    stack.environment["ZETTAI_METRICS_PORT"] = str(worker := free_port())
    stack.start_worker()
    stack.start_beat()
    exporter = free_port()
    stack.processes.append(subprocess.Popen([COMMAND, "exporter", f"--port={exporter}"], env=stack.environment))
    eventually(lambda: _page(worker) and _page(exporter), "both tell")
    return worker, exporter


def test_what_went_wrong_is_counted(own_stack: Stack, tmp_path: Path) -> None:
    """A send whose answer was lost, and whose repetition was refused; then a provider that is down, and comes back."""
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

    told = scrape(worker)
    assert told.value("zettai_duplicates_prevented_total") == 1
    assert told.value("zettai_provider_errors_total", endpoint="mt.json", code="none") == 1
    assert told.value("zettai_provider_errors_total", endpoint="mt.json", code="400") >= 1
    assert told.value("zettai_provider_errors_total", code="http_503") >= BREAKER_AFTER
    assert told.value("zettai_holds_total", reason="provider_down") >= 1
    assert told.value("zettai_limiter_wait_seconds_count", lane="urgent") >= 2
    shared = eventually(lambda: _all_delivered(exporter), "all deliveries")
    assert shared.value("zettai_delivery_seconds_count") == MESSAGES
    assert shared.value("zettai_transitions_total", state="delivered") == MESSAGES
    assert shared.value("zettai_reconciliation_last_run_timestamp_seconds", round="publish_due") > 0
    for secret in (TOKEN, "905555000", "90555501", BODY, once.client_tag, *(message.client_tag for message in later)):
        assert secret not in told.page + shared.page
    _prometheus_understands(tmp_path, worker, exporter)


def _prometheus_understands(folder: Path, worker: int, exporter: int) -> None:
    """With our configuration: labels arrive as they are told, and rules and dashboard can be answered."""
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
    told = scrape(exporter)
    return told if told.value("zettai_messages", state="delivered") == MESSAGES else None
