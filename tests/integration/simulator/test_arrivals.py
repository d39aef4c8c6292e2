"""Arrivals: their timestamps come from the kernel, and every sliding second is counted."""

import os
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from zettai_simulator import SimulatorProcess
from zettai_simulator.arrivals import Arrivals, worst_window
from zettai_simulator.settings import CLIENT_ID, TOKEN

FREEZE = 0.5
"""Seconds for which the simulator does not run."""

NEAR = 0.2
"""Seconds that a stamp may be off; well below the freeze."""

BODY = urlencode({"token": TOKEN, "clientId": CLIENT_ID, "smsCode": "12345", "message": "x", "phoneNumber": "0"})
HEADERS = (
    "POST /p5/api/mt.json HTTP/1.1\r\nHost: simulator\r\n"
    f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(BODY)}\r\n\r\n"
)


@given(st.lists(st.integers(0, 50)), st.integers(1, 20))
def test_worst_window_agrees_with_counting_every_window(arrivals: list[int], window: int) -> None:
    counted = [sum(start <= at < start + window for at in arrivals) for start in arrivals]

    assert worst_window(arrivals, window) == max(counted, default=0)


@pytest.mark.parametrize(("arrivals", "worst"), [([], 0), ([0, 10], 1), ([0, 9], 2), ([9, 0, 9, 30], 3)])
def test_window_is_half_open(arrivals: list[int], worst: int) -> None:
    assert worst_window(arrivals, 10) == worst


def test_arrivals_are_listed_from_an_instant_on() -> None:
    arrivals = Arrivals(["mt", "status"])
    for instant, endpoint in [(5, "mt"), (20, "status"), (10, "mt")]:
        arrivals.add(instant, endpoint)

    assert arrivals.since(10) == ([20, 10], [1, 0])


def test_api_calls_are_recorded_and_control_calls_are_not(
    simulator: SimulatorProcess, post: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    before = time.time_ns() // 1000
    post(simulator)
    ask(simulator, "status", clientTag="x")
    simulator.stats()
    after = time.time_ns() // 1000

    arrivals = simulator.arrivals()

    assert [endpoint for _, endpoint in arrivals] == ["mt", "status"]
    assert before <= arrivals[0][0] < arrivals[1][0] <= after
    assert simulator.arrivals(since=arrivals[1][0]) == arrivals[1:]
    assert (simulator.stats()["arrivals"], simulator.stats()["worstSecond"]) == (2, 2)


@pytest.fixture(params=["plain", "tls"])
def connection(
    request: pytest.FixtureRequest, simulate: Callable[..., SimulatorProcess], tmp_path: Path
) -> Iterator[tuple[SimulatorProcess, socket.socket]]:
    """A simulator and an open connection to it, with and without TLS."""
    flags, tls = _tls(tmp_path) if request.param == "tls" else ({}, None)
    simulator = simulate(**flags)
    url = urlsplit(simulator.url)
    plain = socket.create_connection((url.hostname, url.port), timeout=60)
    with tls.wrap_socket(plain, server_hostname="127.0.0.1") if tls else plain as wire:
        yield simulator, wire


def _tls(directory: Path) -> tuple[dict[str, Path], ssl.SSLContext]:
    authority, certificate, key = trustme.CA(), directory / "certificate.pem", directory / "key.pem"
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return {"certificate": certificate, "key": key}, context


@contextmanager
def frozen(simulator: SimulatorProcess) -> Iterator[None]:
    """Stop the process of the simulator inside the block and for a short time after it."""
    os.kill(simulator.pid, signal.SIGSTOP)
    try:
        yield
        time.sleep(FREEZE)  # the delay is what is tested
    finally:
        os.kill(simulator.pid, signal.SIGCONT)


def only_arrival(simulator: SimulatorProcess) -> float:
    """Return when the only call arrived, in seconds."""
    ((instant, _),) = simulator.arrivals()
    return instant / 1_000_000


def test_frozen_simulator_records_the_true_arrival(connection: tuple[SimulatorProcess, socket.socket]) -> None:
    simulator, wire = connection
    with frozen(simulator):
        sent = time.time()
        wire.sendall((HEADERS + BODY).encode())
    wire.recv(4096)

    assert abs(only_arrival(simulator) - sent) < NEAR


def test_call_arrives_with_its_first_segment(connection: tuple[SimulatorProcess, socket.socket]) -> None:
    simulator, wire = connection
    time.sleep(FREEZE)  # so that a stamp of the handshake would be seen
    sent = time.time()
    wire.sendall(HEADERS.encode())
    time.sleep(FREEZE)
    wire.sendall(BODY.encode())
    wire.recv(4096)

    assert abs(only_arrival(simulator) - sent) < NEAR


def test_each_call_on_a_connection_has_its_own_arrival(connection: tuple[SimulatorProcess, socket.socket]) -> None:
    simulator, wire = connection
    sent = []
    for _ in range(3):
        sent.append(time.time())
        wire.sendall(HEADERS.encode())
        wire.sendall(BODY.encode())
        wire.recv(4096)

    arrived = [instant / 1_000_000 for instant, _ in simulator.arrivals()]

    assert all(0 <= at - start < NEAR for at, start in zip(arrived, sent, strict=True))
    assert arrived[1] >= sent[1] > arrived[0]
