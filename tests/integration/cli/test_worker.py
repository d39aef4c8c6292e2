"""`zettai worker` with real Celery processes, a real Redis and the simulated provider."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.integration.cli.helpers import PHONE, document, events, eventually, is_alive, run, running, settings, zettai

from zettai import Lane, SmsClient, State
from zettai_cli.processes.worker import children
from zettai_simulator.process import SimulatorProcess
from zettai_worker.settings import WorkerSettings
from zettai_worker.supervisor import plan

TAKEN = {State.ACCEPTED, State.SENDING, State.DELIVERED}


@pytest.fixture(scope="module")
def provider() -> Iterator[SimulatorProcess]:
    """The simulated provider."""
    with SimulatorProcess() as simulator:
        yield simulator


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the worker's log goes."""
    return tmp_path / "log"


def taken(client: SmsClient, tag: str) -> bool:
    """Whether the provider has a message."""
    message = client.get(tag)
    return message is not None and message.state in TAKEN


def test_a_killed_process_is_replaced_by_one_that_serves(
    log: Path, client: SmsClient, redis_settings: str, provider: SimulatorProcess
) -> None:
    """There is one process only; it is killed, and the next message is sent all the same."""
    words = ("--processes=1", "--threads=2", "--lanes=urgent", "--no-beat")
    with running(log, settings(redis_settings, provider.url), *words) as worker:
        client.send(PHONE, "before", client_tag="before-kill", lane=Lane.URGENT)
        eventually(lambda: taken(client, "before-kill"), "a first message taken")
        [started] = events(log, "process_started")
        os.kill(started["child"], signal.SIGKILL)
        # Redis may hand a task to a connection that it takes for alive yet; only the sweep would find it again.
        eventually(lambda: len(events(log, "process_started")) > 1, "another process")
        client.send(PHONE, "after", client_tag="after-kill", lane=Lane.URGENT)
        eventually(lambda: taken(client, "after-kill"), "a message taken after the kill")
    assert worker.returncode == 0
    assert [event["exit_code"] for event in events(log, "process_died")] == [-signal.SIGKILL]


def test_sigterm_finishes_what_is_begun_and_leaves_no_process(
    log: Path, client: SmsClient, redis_settings: str, provider: SimulatorProcess
) -> None:
    """A message that is on its way to a slow provider is settled; a second SIGTERM changes nothing."""
    provider.set_latency(1.5)
    before = provider.stats()["arrivals"]
    with running(log, settings(redis_settings, provider.url), "--processes=1", "--threads=2") as worker:
        client.send(PHONE, "slow", client_tag="slow")
        eventually(lambda: provider.stats()["arrivals"] > before, "the message on its way")
        pids = [event["child"] for event in events(log, "process_started")]
        worker.terminate()
        eventually(lambda: events(log, "stopping"), "the stop")
    provider.set_latency(0)
    assert worker.returncode == 0
    assert taken(client, "slow")
    assert len(pids) == 4
    assert not [pid for pid in pids if is_alive(pid)]


def test_wrong_settings_stop_the_start_with_one_line(redis_url: str) -> None:
    """Nothing is started, and the line names what is wrong without quoting it."""
    ended = run("worker", **settings(redis_url) | {"ZETTAI_TOKEN": "geheim"})
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == "zettai: ZETTAI_TOKEN: must be 32 letters and digits\n"


def test_the_plan_can_be_seen_without_settings() -> None:
    """An operator sees what would run before anything runs."""
    shown = document(zettai("worker", "--plan", "--json", "--processes=2", "--no-beat"))
    assert [process["name"] for process in shown["processes"]] == ["express", "general-1", "general-2", "status"]


def test_an_unknown_lane_is_a_wrong_word() -> None:
    """A typing error never starts a worker that serves nothing."""
    result = zettai("worker", "--plan", "--lanes=urgent,fast")
    assert result.exit_code == 2
    assert "'urgent,fast' has an unknown lane" in result.stderr


def test_each_process_has_a_port_of_its_own_for_metrics(redis_settings: str) -> None:
    """Several processes cannot listen at one port."""
    specs = plan(2)
    found = children(specs, WorkerSettings.load(metrics_port=9100))
    assert [child.environment["ZETTAI_METRICS_PORT"] for child in found] == ["9100", "9101", "9102", "9103", "9104"]


def test_a_time_to_finish_in_is_positive() -> None:
    """A duration that makes no sense is refused before anything starts."""
    assert zettai("worker", "--grace=0").exit_code == 2
