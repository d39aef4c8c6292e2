"""Each drill of the runbook: a real Prometheus finds the alert's condition, and the remedy of the page ends it."""

import re
import subprocess
from collections.abc import Iterator

import pytest
from tests.acceptance.drills import DRILLS, Site
from tests.docs.pages import read
from tests.integration.cli.helpers import COMMAND
from tests.integration.metrics.rules import PROMETHEUS, alerts
from tests.support.prometheus import prometheus
from tests.support.servers import free_port, valkey
from tests.support.stack import eventually, short_stack

from zettai_simulator import SimulatorProcess

JOBS = ("zettai-exporter", "zettai-worker", "zettai-gateway")

EXPRESSIONS = {alert["alert"]: alert["expr"] for alert in alerts()}


def test_alerts_without_a_drill_are_listed_in_the_runbook() -> None:
    listed = read("docs/runbook.md").partition("\n## Alerts without a drill\n")[2]
    assert set(re.findall(r"`(Zettai\w+)`", listed)) == set(EXPRESSIONS) - set(DRILLS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Start everything but beat, and a Prometheus with our configuration that asks each second."""
    folder = tmp_path_factory.mktemp("drills")
    ports = {job: free_port() for job in JOBS}
    key_file = folder / "keys"
    with valkey(folder / "redis") as server:
        simulator = SimulatorProcess(latency=0.02, delivery_after=0.3)
        with short_stack(f"redis://127.0.0.1:{server.port}/0", simulator, folder, "drill") as stack:
            made = subprocess.run(
                [COMMAND, "gateway-key", "shop", "--scope", "send"],
                env=stack.environment,
                capture_output=True,
                text=True,
                check=True,
            )
            key_file.write_text(made.stdout)
            site = Site(stack, server, ports, key_file)
            with prometheus(folder, PROMETHEUS / "prometheus.yml", ports) as site.prometheus:
                yield site


@pytest.mark.long
@pytest.mark.timeout(180)
@pytest.mark.parametrize("alert", DRILLS)
def test_alert_fires_and_the_remedy_clears_it(site: Site, alert: str) -> None:
    """The duration `for` is left out: it only delays the alert."""

    def fires() -> bool:
        return bool(site.prometheus.ask(EXPRESSIONS[alert]))

    drill = DRILLS[alert](site)
    if alert != next(iter(DRILLS)):
        site.start_beat()
        eventually(lambda: not fires(), "all is well before")

    next(drill)
    eventually(fires, f"{alert} fires")
    assert next(drill, None) is None
    eventually(lambda: not fires(), f"the remedy clears {alert}", timeout=90)
