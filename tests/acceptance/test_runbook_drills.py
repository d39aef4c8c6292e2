"""Each drill of the runbook: a real Prometheus finds the alert's condition, and the remedy of the page ends it."""

import re
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.acceptance.drill_site import Site
from tests.acceptance.drills import DRILLS
from tests.docs.pages import read
from tests.integration.metrics.rules import PROMETHEUS, alerts
from tests.support.prometheus import prometheus
from tests.support.servers import free_port, valkey
from tests.support.stack import eventually, short_stack

from zettai_simulator import SimulatorProcess

JOBS = ("zettai-exporter", "zettai-worker", "zettai-gateway")

EXPRESSIONS = {alert["alert"]: alert["expr"] for alert in alerts()}

WINDOW = re.compile(r"\[\d+[mh](?::\d+m)?\]")
"""What an expression looks back at."""


def test_alerts_without_a_drill_are_listed_in_the_runbook() -> None:
    listed = read("docs/runbook.md").partition("\n## Alerts without a drill\n")[2]
    assert set(re.findall(r"`(Zettai\w+)`", listed)) == set(EXPRESSIONS) - set(DRILLS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start everything but beat, and a Prometheus with our configuration that asks each second."""
    folder = tmp_path_factory.mktemp("drills")
    ports = {job: free_port() for job in JOBS}
    with valkey(folder / "redis") as server:
        simulator = SimulatorProcess(latency=0.02, delivery_after=0.3)
        with short_stack(f"redis://127.0.0.1:{server.port}/0", simulator, folder, "drill") as stack:
            site = Site(stack, server, ports, folder / "keys")
            with prometheus(folder, PROMETHEUS / "prometheus.yml", ports) as site.prometheus:
                yield site


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("alert", DRILLS)
def test_alert_fires_and_the_remedy_clears_it(site: Site, alert: str) -> None:
    """The duration `for` is left out, and windows are shortened: they only delay the alert and its end."""
    expression = WINDOW.sub(lambda found: "[15s:1s]" if ":" in found[0] else "[15s]", EXPRESSIONS[alert])

    def fires() -> bool:
        return bool(site.prometheus.ask(expression))

    drill = DRILLS[alert](site)
    if alert != next(iter(DRILLS)):
        site.start_beat()
        eventually(lambda: not fires(), "all is well before")

    try:
        with closing(drill):
            next(drill)
            eventually(fires, f"{alert} fires")
            assert next(drill, None) is None
        eventually(lambda: not fires(), f"the remedy clears {alert}", timeout=180)
    finally:
        site.stack.simulator.set_faults()
