"""The metrics of the whole installation: counted in the store, exported by one exporter."""

import os
import subprocess
from collections.abc import Iterator
from itertools import islice

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from redis import Redis
from tests.integration.cli.helpers import COMMAND, eventually
from tests.integration.metrics.exported import exporter_of
from tests.support.metrics import Samples, scrape
from tests.support.servers import free_port, valkey
from tests.support.store_helpers import (
    DAY,
    MILLISECOND,
    MINUTE,
    accepted,
    claim_one,
    new_message,
    suspend_sender,
    update_one,
    wait_a_millisecond,
)

from zettai import Settings, SmsClient
from zettai.core.aossms.codes import CarrierId, StatusId
from zettai.core.aossms.final_status import final_update
from zettai.core.aossms.statuses import Status
from zettai.core.campaign_control import Pace, pause_change, speed_change
from zettai.core.carriers import Carrier
from zettai.core.lanes import Lane
from zettai.core.replacement import Changes
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
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield WorkerStore(redis, Keys("zettai"))


def _exported(exporter: Exporter) -> Samples:
    registry = CollectorRegistry()
    registry.register(exporter)
    return Samples(generate_latest(registry).decode())


def test_metrics_of_each_account_have_its_name(store: WorkerStore, redis_url: str) -> None:
    shop = WorkerStore(store.redis, Keys("zettai", "shop"))
    accepted(store)
    for _ in range(2):
        accepted(shop, account="shop")
    shop.suspend("Exceed sending count.", retry_in=MINUTE)
    limiter = build_limiter(LimiterSettings.load(redis_url=redis_url))

    samples = _exported(Exporter({"default": (store, limiter), "shop": (shop, limiter)}))

    for name, count, held in (("default", 1, 0), ("shop", 2, 1)):
        assert samples.value("zettai_messages", state="accepted", account=name) == count
        assert samples.value("zettai_account_held", account=name) == held
        assert samples.value("zettai_transitions_total", state="accepted", account=name) == count
    assert [sample.labels for sample in samples if sample.name == "zettai_redis_up"] == [{}]


def _samples(store: WorkerStore, redis_url: str) -> Samples:
    return _exported(exporter_of(store, redis_url))


def _delivered(tag: str, carrier: CarrierId | None) -> Status:
    return Status(tag, StatusId.DELIVERED, "+819012345678", None, carrier_id=carrier)


def test_each_transition_is_counted_once(store: WorkerStore, redis_url: str) -> None:
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
    store.process_due([late.client_tag], held_for=MINUTE, give_up_after=DAY)

    samples = _samples(store, redis_url)

    counted = [sample for sample in samples if sample.name == "zettai_transitions_total" and sample.value]
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


def test_far_reservations_and_pending_replacements_are_exported(store: WorkerStore, redis_url: str) -> None:
    for tag in ("t1", "t2"):
        store.create([new_message(client_tag=tag, send_at=store.now() + 365 * DAY)])
    store.create([new_message(client_tag="t3")])
    claim_one(store, "t3")
    update_one(store, "t3", State.SCHEDULED, due_in=MINUTE)
    store.replace("t3", Changes.validated(send_at=None, body="changed", client_tag=None))

    samples = _samples(store, redis_url)

    assert samples.value("zettai_far_reservations") == 2
    assert samples.value("zettai_replacements_pending") == 1
    assert samples.value("zettai_replacements_total", outcome="too_late") == 0


def test_delivery_counts_for_the_carrier_that_the_provider_names(store: WorkerStore, redis_url: str) -> None:
    """The caller named no carrier. The delivery took an hour."""
    tag = accepted(store)
    record = store.keys.message(tag)
    store.redis.hset(record, "sent", int(str(store.redis.hget(record, "sent"))) - HOUR)

    store.apply_updates([final_update(_delivered(tag, CarrierId.SOFTBANK))])

    samples = _samples(store, redis_url)
    assert samples.value("zettai_transitions_total", state="delivered", carrier="softbank") == 1
    counts = {
        sample.labels["le"]: sample.value
        for sample in samples
        if sample.name == "zettai_delivery_seconds_bucket" and sample.labels["carrier"] == "softbank"
    }
    assert (counts["1800.0"], counts["14400.0"], counts["+Inf"]) == (0, 1, 1)
    assert 3600 <= samples.value("zettai_delivery_seconds_sum", carrier="softbank") < 3660


def test_deliveries_of_each_carrier_are_exported_before_the_first(store: WorkerStore, redis_url: str) -> None:
    """Prometheus does not see the first increase of a new series, and alerts compare deliveries by carrier."""
    zeros = {
        sample.labels["carrier"]
        for sample in _samples(store, redis_url)
        if sample.name == "zettai_transitions_total" and sample.labels["state"] == "undelivered"
    }
    assert zeros == {*Carrier, "unknown"}


def test_unknown_carrier_has_no_label_of_its_own(store: WorkerStore, redis_url: str) -> None:
    """The provider may name other carriers at any time, and the labels must stay few."""
    tag = accepted(store)
    status = Status(tag, StatusId.DELIVERED, "+819012345678", None, carrier_id="10777")

    store.apply_updates([final_update(status)])

    assert _samples(store, redis_url).value("zettai_transitions_total", state="delivered", carrier="unknown") == 1


def test_waiting_messages_and_suspension_are_exported(store: WorkerStore, redis_url: str) -> None:
    store.create([new_message(), new_message()])
    tag = accepted(store)
    store.redis.zincrby(store.keys.due_to_check, -600_000, tag)
    store.redis.lpush(store.keys.queue(Lane.BULK), "a task")
    store.suspend("provider down", retry_in=MINUTE, circuit_open=True)
    suspend_sender(store, "77777")
    store.record_run(PUBLISH_DUE)

    samples = _samples(store, redis_url)

    assert samples.value("zettai_redis_up") == 1
    assert samples.value("zettai_messages", state="queued") == 2
    assert samples.value("zettai_messages", state="accepted") == 1
    assert samples.value("zettai_queued_tasks", lane="bulk") == 1
    assert samples.value("zettai_checks_due") == 1
    assert 500 < samples.value("zettai_check_lag_seconds") < 600
    assert (samples.value("zettai_account_held"), samples.value("zettai_provider_down")) == (1, 1)
    assert samples.value("zettai_sender_held", sender="77777") == 1
    ran = samples.value("zettai_reconciliation_last_run_timestamp_seconds", round="publish_due")
    assert abs(ran - store.now().timestamp()) < 60


def test_limit_rate_and_pause_are_exported(store: WorkerStore, redis_url: str) -> None:
    limiter = build_limiter(LimiterSettings.load(redis_url=redis_url))
    limiter.set_rate("300/second")
    limiter.pause(MINUTE)

    samples = _samples(store, redis_url)

    assert samples.value("zettai_limiter_limit_calls_per_second") == 600
    assert 290 < samples.value("zettai_limiter_rate_calls_per_second") < 300
    assert samples.value("zettai_limiter_paused") == 1


def test_exported_metrics_are_cached_for_a_second(store: WorkerStore, redis_url: str) -> None:
    clock = iter([0.0, 0.0, CACHE_SECONDS / 2, CACHE_SECONDS, CACHE_SECONDS, CACHE_SECONDS])
    limiter = build_limiter(LimiterSettings.load(redis_url=redis_url))
    exporter = Exporter({"default": (store, limiter)}, clock=lambda: next(clock))

    first = list(exporter.collect())
    store.create([new_message()])

    assert list(exporter.collect()) == first
    assert list(exporter.collect()) != first


def test_number_of_commands_does_not_grow_with_messages(store: WorkerStore, redis_url: str) -> None:
    exporter = exporter_of(store, redis_url)
    list(exporter.collect())  # loads the scripts

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


def test_exporter_without_redis_exports_only_that_it_is_down(tmp_path_factory: pytest.TempPathFactory) -> None:
    with valkey(tmp_path_factory.mktemp("gone")) as server:
        url = str(server.connection_url)
        store = WorkerStore(connect(url, retry=UNRETRIED), Keys("zettai"))
        clock = iter([0.0, 0.0, CACHE_SECONDS, CACHE_SECONDS])
        exporter = Exporter(
            {"default": (store, build_limiter(LimiterSettings.load(redis_url=url)))}, clock=lambda: next(clock)
        )
        assert _exported(exporter).value("zettai_redis_up") == 1

    samples = _exported(exporter)

    assert samples.names == {"zettai_redis_up"}
    assert samples.value("zettai_redis_up") == 0


def test_events_and_groups_of_readers_are_exported(store: WorkerStore, redis_url: str) -> None:
    assert _samples(store, redis_url).value("zettai_events_total") == 0
    messages = [new_message() for _ in range(5)]
    store.create(messages)
    store.cancel([message.client_tag for message in messages[:3]])
    with SmsClient(Settings(redis_url=redis_url)) as client:
        events = client.events(group="billing", start="oldest")
        next(events)
        store.cancel([message.client_tag for message in messages[3:]])

        samples = _samples(store, redis_url)
        assert (samples.value("zettai_events_total"), samples.value("zettai_events_kept")) == (5, 5)
        assert samples.value("zettai_event_group_lag", group="billing") == 2
        assert samples.value("zettai_event_group_unacknowledged", group="billing") == 3
        assert samples.value("zettai_events_lost_total", group="billing") == 0

        store.redis.xtrim(store.keys.events, maxlen=1, approximate=False)
        assert len(list(islice(events, 3))) == 3
        assert _samples(store, redis_url).value("zettai_events_lost_total", group="billing") == 1


def test_exporter_command_serves_until_sigterm(redis_url: str) -> None:
    """The Redis URL is the only setting."""
    port = free_port()
    environment = os.environ | {"ZETTAI_REDIS_URL": redis_url}
    with subprocess.Popen([COMMAND, "exporter", f"--port={port}"], env=environment, stderr=subprocess.PIPE) as process:
        samples = eventually(lambda: _scraped(port), "a page of metrics")
        process.terminate()
        _, log = process.communicate(timeout=60)

    assert samples.value("zettai_redis_up") == 1
    assert process.returncode == 0, log


def _scraped(port: int) -> Samples | None:
    try:
        return scrape(port)
    except OSError:
        return None


def test_campaigns_of_which_messages_will_expire_are_counted(store: WorkerStore, redis_url: str) -> None:
    shop = WorkerStore(store.redis, Keys("zettai", "shop"))
    groups = {"soon": 30 * MINUTE, "later": DAY, "slow": 30 * MINUTE, "fast enough": 30 * MINUTE, "free": MINUTE}
    for group, expires_in in groups.items():
        store.create([new_message(group=group, expires_in=expires_in, lane="bulk") for _ in range(3)])
    for group in ("soon", "later"):
        store.campaigns.change(group, pause_change(store.now()))
    store.campaigns.change("slow", speed_change(Pace.parse("1/hour"), None))
    store.campaigns.change("fast enough", speed_change(Pace.parse("1/second"), None))
    shop.create([new_message(group="soon in shop", expires_in=MINUTE, account="shop")])
    shop.campaigns.change("soon in shop", pause_change(store.now()))
    limiter = build_limiter(LimiterSettings.load(redis_url=redis_url))

    samples = _exported(Exporter({"default": (store, limiter), "shop": (shop, limiter)}))

    assert samples.value("zettai_expiring_campaigns", reason="paused") == 2
    assert samples.value("zettai_expiring_campaigns", reason="too_slow") == 1
