"""The simulator as a process: start, TLS, journal and stop."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import trustme

from zettai_simulator import SimulatorProcess
from zettai_simulator.settings import CLIENT_ID, TOKEN

PATIENCE = 60


def test_first_line_has_url_and_process_id() -> None:
    with subprocess.Popen([sys.executable, "-m", "zettai_simulator"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = json.loads(process.stdout.readline())
        process.terminate()

    assert line["pid"] == process.pid
    assert urlsplit(line["url"]).hostname == "127.0.0.1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_the_simulator_with_exit_code_0(number: int) -> None:
    command = [sys.executable, "-m", "zettai_simulator"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        _, complaints = process.communicate(timeout=PATIENCE)

    assert (process.returncode, complaints) == (0, b"")


def test_stop_does_not_wait_for_open_calls(simulate: Callable[..., SimulatorProcess], post: Callable[..., Any]) -> None:
    simulator = simulate(latency=3600)
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            post(simulator, clientTag="t")
        except requests.ConnectionError as error:
            ended.append(error)

    client = Thread(target=wait)
    client.start()
    _until(lambda: simulator.in_flight() == 1)

    assert simulator.stop() == 0
    client.join(PATIENCE)
    assert len(ended) == 1


def test_tethered_simulator_stops_when_stdin_is_closed() -> None:
    command = [sys.executable, "-m", "zettai_simulator", "--tethered"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        still_running = process.poll() is None
        process.stdin.close()

        assert still_running
        assert process.wait(PATIENCE) == 0


def test_invalid_option_is_reported_at_the_start() -> None:
    with pytest.raises(RuntimeError, match="did not start"):
        SimulatorProcess(fault="flood").start()


def test_journal_has_each_accepted_message_after_sigkill(
    simulate: Callable[..., SimulatorProcess], post: Callable[..., Any], tmp_path: Path
) -> None:
    journal = tmp_path / "journal.jsonl"
    simulator = simulate(journal=journal, fault=["cut_after:suffix=999"])
    post(simulator, clientTag="a")
    post(simulator, clientTag="a")
    with pytest.raises(requests.ConnectionError):
        post(simulator, clientTag="b", phoneNumber="09012345999")
    os.kill(simulator.pid, signal.SIGKILL)

    lines = [json.loads(line) for line in journal.read_text().splitlines()]

    assert [(line["clientTag"], line["phoneNumber"]) for line in lines] == [
        ("a", "+819012345678"),
        ("b", "+819012345999"),
    ]


@pytest.fixture
def authority() -> trustme.CA:
    """A certificate authority."""
    return trustme.CA()


@pytest.fixture
def tls_simulator(simulate: Callable[..., SimulatorProcess], authority: trustme.CA, tmp_path: Path) -> SimulatorProcess:
    """A simulator with TLS."""
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "certificate.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    return simulate(certificate=tmp_path / "certificate.pem", key=tmp_path / "key.pem")


def test_calls_and_control_calls_work_over_tls(
    tls_simulator: SimulatorProcess, authority: trustme.CA, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    url = f"{tls_simulator.url}/p5/api/status.json"
    query = {"token": TOKEN, "clientId": CLIENT_ID, "clientTag": "x"}

    answer = requests.get(url, params=query, verify=str(tmp_path / "ca.pem"), timeout=PATIENCE).json()

    assert answer["responseCode"] == 0
    assert tls_simulator.stats()["arrivals"] == 1


@pytest.mark.parametrize(
    ("version", "accepted"),
    [(ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, False)],
)
def test_only_tls_1_2_is_accepted(
    tls_simulator: SimulatorProcess, authority: trustme.CA, version: ssl.TLSVersion, *, accepted: bool
) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    context.minimum_version = context.maximum_version = version
    url = urlsplit(tls_simulator.url)

    assert _handshakes(context, str(url.hostname), url.port or 0) is accepted


def _handshakes(context: ssl.SSLContext, host: str, port: int) -> bool:
    with socket.create_connection((host, port), PATIENCE) as plain:
        try:
            context.wrap_socket(plain, server_hostname=host).close()
        except ssl.SSLError:
            return False
        return True


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
