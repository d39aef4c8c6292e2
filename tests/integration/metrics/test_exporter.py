"""What Prometheus is told of the whole installation: counted by the store, read by one exporter."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from redis import Redis
from tests.integration.cli.helpers import COMMAND, eventually
from tests.integration.metrics.exported import exporter_of
from tests.support.metrics import Samples, scrape
from tests.support.servers import free_port, valkey
from tests.support.store_helpers import (
    MILLISECOND,
    MINUTE,
    accepted,
    claim_one,
    new_message,
    update_one,
    wait_a_millisecond,
)

from zettai.core.aossms.codes import CarrierId, StatusId
from zettai.core.aossms.final_status import final_update
from zettai.core.aossms.statuses import Status
from zettai.core.carriers import Carrier
from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys
from zettai_worker.metrics.exporter import CACHE_SECONDS, Exporter
from zettai_worker.reconciliation.reconciler import PUBLISH_DUE
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings

HOUR = 3_600_000


@pytest.fixture
def store(redis_url: str) -> Iterator[WorkerStore]:
    """An empty store."""
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield WorkerStore(redis, Keys("zettai"))


def _told_by(exporter: Exporter) -> Samples:
    registry = CollectorRegistry()
    registry.register(exporter)
    return Samples(generate_latest(registry).decode())


def _told(store: WorkerStore, redis_url: str) -> Samples:
    return _told_by(exporter_of(store, redis_url))


def _was_delivered(tag: str, carrier: CarrierId | None) -> Status:
    return Status(tag, StatusId.DELIVERED, "+819012345678", None, carrier_id=carrier)


def test_each_transition_is_counted_once(store: WorkerStore, redis_url: str) -> None:
    """Whoever makes it, and however often it is asked for."""
    one = new_message(lane=Lane.URGENT, carrier=Carrier.KDDI)
    for _ in range(2):
        store.create([one])
        claim_one(store, one.client_tag)
    for _ in range(2):
        update_one(store, one.client_tag, State.ACCEPTED)
    other = new_message(lane=Lane.BULK)
    store.create([other])
    store.cancel([other.client_tag])
    late = new_message(lane=Lane.BULK, expires_in=MILLISECOND)
    store.create([late])
    wait_a_millisecond(store)
    store.process_due([late.client_tag], held_for=MINUTE)

    told = _told(store, redis_url)

    counted = [sample for sample in told if sample.name == "zettai_transitions_total" and sample.value]
    assert {
        tuple(sample.labels[name] for name in ("lane", "state", "carrier")): sample.value for sample in counted
    } == {
        ("urgent", "queued", "au"): 1,
        ("urgent", "submitting", "au"): 1,
        ("urgent", "accepted", "au"): 1,
        ("bulk", "queued", "unknown"): 2,
        ("bulk", "canceled", "unknown"): 1,
        ("bulk", "expired", "unknown"): 1,
    }


def test_a_delivery_counts_for_the_carrier_that_delivered(store: WorkerStore, redis_url: str) -> None:
    """The caller named none; the provider did. It took an hour since the provider took it."""
    tag = accepted(store)
    record = store.keys.message(tag)
    store.redis.hset(record, "sent", int(str(store.redis.hget(record, "sent"))) - HOUR)

    store.apply_updates([final_update(_was_delivered(tag, CarrierId.SOFTBANK))])

    told = _told(store, redis_url)
    assert told.value("zettai_transitions_total", state="delivered", carrier="softbank") == 1
    counts = {
        sample.labels["le"]: sample.value
        for sample in told
        if sample.name == "zettai_delivery_seconds_bucket" and sample.labels["carrier"] == "softbank"
    }
    assert (counts["1800.0"], counts["14400.0"], counts["+Inf"]) == (0, 1, 1)
    assert 3600 <= told.value("zettai_delivery_seconds_sum", carrier="softbank") < 3660


def test_a_carrier_that_nobody_knows_makes_no_label(store: WorkerStore, redis_url: str) -> None:
    """The provider may name others at any time, and labels stay few."""
    tag = accepted(store)
    status = Status(tag, StatusId.DELIVERED, "+819012345678", None, carrier_id="10777")

    store.apply_updates([final_update(status)])

    assert _told(store, redis_url).value("zettai_transitions_total", state="delivered", carrier="unknown") == 1


def test_what_waits_and_what_is_held_is_told(store: WorkerStore, redis_url: str) -> None:
    """Messages by state, tasks by lane, due checks and their lag, the hold and the breaker."""
    store.create([new_message(), new_message()])
    tag = accepted(store)
    store.redis.zincrby(store.keys.due_to_check, -600_000, tag)
    store.redis.lpush(store.keys.queue(Lane.BULK), "a task")
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)
    store.record_run(PUBLISH_DUE)

    told = _told(store, redis_url)

    assert told.value("zettai_redis_up") == 1
    assert told.value("zettai_messages", state="queued") == 2
    assert told.value("zettai_messages", state="accepted") == 1
    assert told.value("zettai_queued_tasks", lane="bulk") == 1
    assert told.value("zettai_checks_due") == 1
    assert 500 < told.value("zettai_check_lag_seconds") < 600
    assert (told.value("zettai_account_held"), told.value("zettai_provider_down")) == (1, 1)
    ran = told.value("zettai_reconciliation_last_run_timestamp_seconds", round="publish_due")
    assert abs(ran - store.now().timestamp()) < 60


def test_the_limit_is_told(store: WorkerStore, redis_url: str) -> None:
    """What is set, what an operator made of it, and whether calls are paused."""
    limiter = build_limiter(LimiterSettings.load(redis_url=redis_url))
    limiter.set_rate("300/second")
    limiter.pause(MINUTE)

    told = _told(store, redis_url)

    assert told.value("zettai_limiter_limit_calls_per_second") == 600
    assert 290 < told.value("zettai_limiter_rate_calls_per_second") < 300
    assert told.value("zettai_limiter_paused") == 1


def test_many_who_ask_cost_no_more_than_one(store: WorkerStore, redis_url: str) -> None:
    """What was read is told again for a second, and then it is read anew."""
    clock = iter([0.0, 0.0, CACHE_SECONDS / 2, CACHE_SECONDS, CACHE_SECONDS, CACHE_SECONDS])
    limiter = build_limiter(LimiterSettings.load(redis_url=redis_url))
    exporter = Exporter(store, limiter, clock=lambda: next(clock))

    first = list(exporter.collect())
    store.create([new_message()])

    assert list(exporter.collect()) == first
    assert list(exporter.collect()) != first


def test_a_reading_costs_few_commands_however_many_messages(store: WorkerStore, redis_url: str) -> None:
    """Of a Redis with ten messages, and with a thousand."""
    exporter = exporter_of(store, redis_url)
    list(exporter.collect())  # scripts are loaded by now

    def commands() -> int:
        return int(store.redis.info("stats")["total_commands_processed"])

    def cost() -> int:
        before = commands()
        list(exporter_of(store, redis_url).collect())
        return commands() - before

    store.create([new_message() for _ in range(10)])
    few = cost()
    store.create([new_message() for _ in range(500)])

    assert cost() == few < 80


def test_without_redis_the_exporter_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    """And nothing else: no old figure looks like a present one."""
    with valkey(tmp_path_factory.mktemp("gone")) as server:
        url = str(server.connection_url)
        store = WorkerStore(connect(url, retry=UNRETRIED), Keys("zettai"))
        clock = iter([0.0, 0.0, CACHE_SECONDS, CACHE_SECONDS])
        exporter = Exporter(store, build_limiter(LimiterSettings.load(redis_url=url)), clock=lambda: next(clock))
        assert _told_by(exporter).value("zettai_redis_up") == 1

    told = _told_by(exporter)

    assert told.names == {"zettai_redis_up"}
    assert told.value("zettai_redis_up") == 0


def test_the_command_serves_until_it_is_told_to_stop(redis_url: str) -> None:
    """As a process, with no setting but where Redis is; it ends in order."""
    port = free_port()
    environment = os.environ | {"ZETTAI_REDIS_URL": redis_url}
    with subprocess.Popen([COMMAND, "exporter", f"--port={port}"], env=environment, stderr=subprocess.PIPE) as process:
        told = eventually(lambda: _scraped(port), "a page of figures")
        process.terminate()
        _, log = process.communicate(timeout=30)

    assert told.value("zettai_redis_up") == 1
    assert process.returncode == 0, log


def _scraped(port: int) -> Samples | None:
    try:
        return scrape(port)
    except OSError:
        return None
