"""`zettai worker` with real Celery processes, a real Redis and the simulated provider."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.cli.helpers import PHONE, document, events, eventually, is_alive, run, running, settings, zettai
from tests.support.stack import TAKEN

from zettai import Lane, SmsClient
from zettai_cli.processes.worker import children
from zettai_simulator.process import SimulatorProcess
from zettai_worker.settings import WorkerSettings
from zettai_worker.supervisor import plan

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def provider() -> Iterator[SimulatorProcess]:
    with SimulatorProcess() as simulator:
        yield simulator


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def is_taken(client: SmsClient, tag: str) -> bool:
    message = client.get(tag)
    return message is not None and message.state in TAKEN


def test_killed_process_is_replaced(
    log: Path, client: SmsClient, redis_settings: str, provider: SimulatorProcess
) -> None:
    """It is the only process, and the next message is still sent."""
    words = ("--processes=1", "--lanes=urgent", "--no-beat")
    with running(log, settings(redis_settings, provider.url), *words) as worker:
        client.send(PHONE, "before", client_tag="before-kill", lane=Lane.URGENT)
        eventually(lambda: is_taken(client, "before-kill"), "a first message is taken")
        [started] = events(log, "process_started")
        os.kill(started["child"], signal.SIGKILL)
        # Redis may still give a task to the connection of the killed process; only the sweep would find it again.
        eventually(lambda: len(events(log, "process_started")) > 1, "another process")
        client.send(PHONE, "after", client_tag="after-kill", lane=Lane.URGENT)
        eventually(lambda: is_taken(client, "after-kill"), "a message is taken after the kill")
    assert worker.returncode == 0
    assert [event["exit_code"] for event in events(log, "process_died")] == [-signal.SIGKILL]


def test_sigterm_finishes_requests_in_flight_and_leaves_no_process(
    log: Path, client: SmsClient, redis_settings: str, provider: SimulatorProcess
) -> None:
    provider.set_latency(1.5)
    before = provider.stats()["arrivals"]
    with running(log, settings(redis_settings, provider.url), "--processes=1") as worker:
        client.send(PHONE, "slow", client_tag="slow")
        eventually(lambda: provider.stats()["arrivals"] > before, "the message in flight")
        pids = [event["child"] for event in events(log, "process_started")]
        worker.terminate()
        eventually(lambda: events(log, "stopping"), "the stop")
    provider.set_latency(0)
    assert worker.returncode == 0
    assert is_taken(client, "slow")
    assert len(pids) == 2
    assert not [pid for pid in pids if is_alive(pid)]


def test_wrong_settings_stop_the_start_with_one_line(redis_url: str) -> None:
    """The line does not show the value."""
    ended = run("worker", **settings(redis_url) | {"ZETTAI_TOKEN": "geheim"})
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == "zettai: ZETTAI_TOKEN: must be 32 letters and digits\n"


def test_all_missing_settings_are_named_at_once(redis_url: str, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.toml"
    accounts.write_text("".join(f'[{name}]\nclient_id = "{n}"\nsms_code = "5432{n}"\n' for n, name in enumerate("ab")))

    nothing = run("worker", ZETTAI_REDIS_URL=redis_url)
    no_tokens = run("worker", **settings(redis_url) | {"ZETTAI_ACCOUNTS_FILE": str(accounts)})

    assert (nothing.returncode, nothing.stdout) == (3, "")
    assert [problem.partition(":")[0] for problem in nothing.stderr.removeprefix("zettai: ").split("; ")] == [
        "ZETTAI_CLIENT_ID",
        "ZETTAI_SMS_CODE",
        "ZETTAI_TOKEN",
    ]
    assert no_tokens.returncode == 3
    assert no_tokens.stderr.count("token: must be set") == 2


def test_plan_needs_no_settings() -> None:
    shown = document(zettai("worker", "--plan", "--json", "--processes=2", "--no-beat"))
    assert [process["name"] for process in shown["processes"]] == ["worker-1", "worker-2"]


def test_unknown_lane_is_a_usage_error() -> None:
    result = zettai("worker", "--plan", "--lanes=urgent,fast")
    assert result.exit_code == 2
    assert "'urgent,fast' has an unknown lane" in result.stderr


def test_each_process_has_its_own_metrics_port(redis_settings: str) -> None:
    specs = plan(2)
    found = children(specs, WorkerSettings.load(metrics_port=9100))
    assert [child.environment["ZETTAI_METRICS_PORT"] for child in found] == ["9100", "9101", "9102"]


def test_zero_grace_is_refused() -> None:
    assert zettai("worker", "--grace=0").exit_code == 2
