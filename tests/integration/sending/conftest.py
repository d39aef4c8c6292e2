"""A simulator with its client, and messages whose outcome is unknown."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.times import now
from zettai_simulator import SimulatorProcess
from zettai_simulator.settings import CLIENT_ID, TOKEN
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import ProviderClient


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorProcess]:
    with SimulatorProcess(limit=0, delivery_after=0) as process:
        yield process


@pytest.fixture
def simulator(running: SimulatorProcess) -> SimulatorProcess:
    running.reset()
    running.set_behavior()
    return running


@pytest.fixture
def provider(simulator: SimulatorProcess) -> Iterator[ProviderClient]:
    client = ProviderClient(
        base_url=simulator.url,
        token=SecretStr(TOKEN),
        client_id=CLIENT_ID,
        sms_code="12345",
        connect_timeout=timedelta(seconds=10),
        read_timeout=timedelta(seconds=30),
    )
    yield client
    client.close()


@pytest.fixture
def message() -> Message:
    """Return a message that was sent once, with an unknown outcome."""
    at = now()
    return Message(
        client_tag="tag-1",
        to="+819012345678",
        lane=Lane.NORMAL,
        state=State.SUBMIT_UNKNOWN,
        since=at,
        reason="no answer",
        created_at=at,
        expires_at=at + timedelta(hours=48),
        attempts=1,
        unknown_since=at,
    )


@pytest.fixture
def reservation(message: Message) -> Message:
    """Return the same for tomorrow."""
    return replace(message, send_at=now().replace(second=0, microsecond=0) + timedelta(days=1))


@pytest.fixture
def metrics() -> WorkerMetrics:
    return WorkerMetrics()
