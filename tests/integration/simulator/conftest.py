"""A running simulator, and functions that call it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from zettai_simulator import SimulatorProcess
from zettai_simulator.settings import CLIENT_ID, TOKEN

CREDENTIALS = {"token": TOKEN, "clientId": CLIENT_ID}
VALID = {"smsCode": "12345", "message": "こんにちは", "phoneNumber": "+819012345678"}
PATIENCE = 60


@pytest.fixture(scope="module")
def _shared_simulator() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(limit=0, delivery_after=0, kddi_failure_after=600) as simulator:
        yield simulator


@pytest.fixture
def simulator(_shared_simulator: SimulatorProcess) -> SimulatorProcess:
    """A simulator without limit that delivers at once, reset to its start."""
    _shared_simulator.reset()
    return _shared_simulator


@pytest.fixture
def simulate() -> Iterator[Callable[..., SimulatorProcess]]:
    """Start simulators with the given flags."""
    started: list[SimulatorProcess] = []

    def start(**flags: Any) -> SimulatorProcess:
        started.append(SimulatorProcess(**flags).start())
        return started[-1]

    yield start
    for simulator in started:
        simulator.stop()


@pytest.fixture
def post() -> Callable[..., requests.Response]:
    """Post a valid message with some fields replaced; None leaves a field out."""

    def post(simulator: SimulatorProcess, **fields: str | None) -> requests.Response:
        form = {**CREDENTIALS, **VALID, **fields}
        return requests.post(f"{simulator.url}/p5/api/mt.json", data=form, timeout=PATIENCE)

    return post


@pytest.fixture
def send(post: Callable[..., requests.Response]) -> Callable[..., dict[str, Any]]:
    """Post a message, and return the JSON of the answer."""

    def send(simulator: SimulatorProcess, **fields: str | None) -> dict[str, Any]:
        return dict(post(simulator, **fields).json())

    return send


@pytest.fixture
def ask() -> Callable[..., dict[str, Any]]:
    """Call a GET endpoint with the credentials, and return the JSON of the answer."""

    def ask(simulator: SimulatorProcess, endpoint: str, **query: str | None) -> dict[str, Any]:
        url = f"{simulator.url}/p5/api/{endpoint}.json"
        return dict(requests.get(url, params={**CREDENTIALS, **query}, timeout=PATIENCE).json())

    return ask
