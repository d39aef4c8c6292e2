"""Celery's own commands, as users run them."""

import json
import socket
import subprocess
import sys
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from tests.support.servers import free_port
from tests.support.stack import Stack, eventually

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.tasks import CHUNK


@pytest.mark.parametrize("command", ["worker", "beat", "flower"])
def test_wrong_setting_stops_the_start_with_one_line(own_stack: Stack, command: str) -> None:
    """The line names the variable but not its value."""
    own_stack.environment["ZETTAI_TOKEN"] = "not-a-token"

    ended = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "zettai_worker", command],
        env=own_stack.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ended.returncode != 0
    [line] = ended.stderr.strip().splitlines()
    assert "ZETTAI_TOKEN" in line
    assert "not-a-token" not in line


def test_worker_without_a_token_does_not_start(own_stack: Stack) -> None:
    del own_stack.environment["ZETTAI_TOKEN"]

    worker = own_stack.start_worker()

    assert worker.wait(60) != 0
    assert own_stack.log_text().strip().splitlines()[-1] == "zettai: ZETTAI_TOKEN: must be set (or ZETTAI_TOKEN_FILE)"


def test_worker_reports_a_metrics_port_in_use_in_one_line(own_stack: Stack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        own_stack.environment["ZETTAI_METRICS_PORT"] = port
        worker = own_stack.start_worker()

        assert worker.wait(60) != 0

    last = own_stack.log_text().strip().splitlines()[-1]
    assert last == f"zettai: cannot listen on port {port}: Address already in use"


def test_one_time_password_overtakes_a_campaign(own_stack: Stack) -> None:
    """The worker reads the urgent queue first. At most a few messages that are claimed already go before it."""
    list(own_stack.client.send_many({"to": f"0907777{n:04}", "body": "campaign"} for n in range(CHUNK * 6)))
    password = own_stack.client.send("09077780001", "123456", lane=Lane.URGENT)

    own_stack.start_worker("urgent,normal,bulk")
    own_stack.start_beat()

    own_stack.wait_for_state(password, State.ACCEPTED)
    order = [one["clientTag"] for one in own_stack.simulator.records()]
    assert order.index(password.client_tag) <= CHUNK


def test_flower_shows_workers_and_queues_without_secrets(own_stack: Stack) -> None:
    own_stack.start_worker()
    port = free_port()
    token = own_stack.environment.pop("ZETTAI_TOKEN")
    own_stack.environment["FLOWER_UNAUTHENTICATED_API"] = "1"
    own_stack.start_celery("flower", f"--port={port}", "--address=127.0.0.1")
    own_stack.client.send("09077790001", "a secret body")

    def pages() -> str | None:
        try:
            workers = _read(f"http://127.0.0.1:{port}/workers?json=1&refresh=1")
            texts = [workers, *(_read(f"http://127.0.0.1:{port}{path}") for path in ("/", "/broker", "/tasks"))]
        except (URLError, OSError):
            return None
        return "".join(texts) if json.loads(workers)["data"] else None

    shown = eventually(pages, "Flower shows a worker")

    assert all(lane in shown for lane in Lane)
    for secret in (token, "9077790001", "a secret body"):
        assert secret not in shown


def _read(url: str) -> str:
    with urlopen(url, timeout=60) as response:
        return str(response.read().decode())
