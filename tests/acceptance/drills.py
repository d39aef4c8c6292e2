"""The drills of the runbook: each makes the condition of an alert happen, and follows the page until it is over."""

import json
import re
from collections.abc import Callable, Generator
from datetime import timedelta

from tests.acceptance.drill_site import Site
from tests.integration.delivery_reports.given import FORM, PATH, as_json, notification
from tests.support.stack import eventually

from zettai import BudgetExceeded, NotAllowed, RateExceeded, SmsClient, State, StoreFull
from zettai.core.lanes import Lane
from zettai.core.store.loops import LOOP_MINUTES
from zettai.core.tasks import CHUNK
from zettai_worker.sending.circuit_breaker import BREAKER_AFTER

GROUP = "winter-sale"

NUMBER = "09021110000"
"""A number for what concerns one recipient."""


Drill = Callable[[Site], Generator[None]]
"""Makes the condition happen; after the `yield` it looks, and does what the page says."""


def _beat_stopped(site: Site) -> Generator[None]:
    yield
    assert "no beat is running" in site.zettai("doctor")
    site.start_beat()


def _exporter_down(site: Site) -> Generator[None]:
    site.exporter.terminate()
    site.exporter.wait()
    yield
    site.start_exporter()


def _redis_down(site: Site) -> Generator[None]:
    site.server.stop()
    yield
    assert "the connection was refused" in site.zettai("doctor")
    site.server.start()


def _no_workers(site: Site) -> Generator[None]:
    site.worker.terminate()
    site.worker.wait()
    yield
    assert "no worker answers" in site.zettai("doctor")
    site.start_worker()


def _account_held(site: Site) -> Generator[None]:
    site.stack.simulator.set_quota(0)
    site.send(3)
    yield
    assert "the account is suspended: code 300" in site.zettai("doctor", "--call")
    site.send(3)
    eventually(lambda: '"code 300"' in site.zettai("list", "--state", "held", "--json"), "messages are held")
    site.stack.simulator.set_quota(None)
    site.zettai("limiter", "resume")


def _sender_held(site: Site) -> Generator[None]:
    site.stack.simulator.set_senders("88888")
    site.send(3)
    yield
    assert "Invalid smsCode" in site.zettai("limiter", "show")
    site.stack.simulator.set_senders()
    site.zettai("limiter", "resume")


def _provider_down(site: Site) -> Generator[None]:
    site.stack.simulator.set_faults({"kind": "unavailable", "endpoint": "*"})
    site.send(2 * BREAKER_AFTER)
    yield
    assert "HTTP 503" in site.zettai("doctor", "--call")
    site.stack.simulator.set_faults()


def _rate_cut(site: Site) -> Generator[None]:
    site.zettai("limiter", "set", "100/second")
    yield
    assert "lowered to" in site.zettai("limiter", "show")
    site.zettai("limiter", "set", "--default")


def _paused(site: Site) -> Generator[None]:
    site.zettai("limiter", "pause")
    yield
    assert "until you run zettai limiter resume" in site.zettai("limiter", "show")
    site.zettai("limiter", "resume")


def _urgent_queue_long(site: Site) -> Generator[None]:
    site.worker.terminate()
    site.worker.wait()
    # Messages that wait share tasks.
    numbers = [f"0904{number:07}" for number in range(110 * CHUNK)]
    items = [{"to": number, "body": "drill", "lane": Lane.URGENT, "group": "queue"} for number in numbers]
    assert all(result.ok for result in site.stack.client.send_many(items))
    yield
    assert "no worker answers" in site.zettai("doctor")
    site.start_worker()
    site.stack.client.cancel_group("queue")  # the next drills need not wait for them


def _api_keys_outdated(site: Site) -> Generator[None]:
    right = site.key_file.read_text()
    site.key_file.write_text(f"{right}\nno key\n")
    yield
    eventually(lambda: '"event": "api_keys_not_read"' in site.stack.log_text(), "the log names the line")
    site.key_file.write_text(right)


def _campaign(site: Site, *words: str) -> None:
    """Record a campaign that waits, and change how it is sent."""
    site.zettai("limiter", "pause")
    site.send(3, group=GROUP, lane=Lane.BULK, expires_in=timedelta(minutes=30))
    site.zettai("campaign", *words)
    site.zettai("limiter", "resume")


def _paused_campaign_expires(site: Site) -> Generator[None]:
    _campaign(site, "pause", GROUP)
    yield
    assert GROUP in site.zettai("campaign", "list")
    site.zettai("campaign", "resume", GROUP)


def _campaign_too_slow(site: Site) -> Generator[None]:
    _campaign(site, "set", GROUP, "--rate", "1/hour")
    yield
    assert GROUP in site.zettai("campaign", "list")
    site.zettai("campaign", "set", GROUP)


def _redis_nearly_full(site: Site) -> Generator[None]:
    redis = site.stack.store.redis
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.15))
    yield
    assert "% with what open messages need" in site.zettai("doctor")
    redis.config_set("maxmemory", "2gb")


def _records_damaged(site: Site) -> Generator[None]:
    store = site.stack.store
    site.zettai("limiter", "pause")
    [message] = site.send(1)
    store.redis.hset(store.keys.message(message.client_tag), "lane", "garbage")
    site.zettai("limiter", "resume")
    yield
    eventually(lambda: message.client_tag in site.stack.log_text(), "the log line has the tag")
    store.redis.delete(store.keys.message(message.client_tag))
    store.redis.zrem(store.keys.quarantine, message.client_tag)


def _refused(client: SmsClient, count: int, **fields: object) -> list[type[Exception]]:
    """Send messages, and return the kinds of errors of those that are refused."""
    items = [{"to": NUMBER, "body": f"drill {n}", **fields} for n in range(count)]
    return [type(result.error) for result in client.send_many(items) if result.error is not None]


def _number_pumped(site: Site) -> Generator[None]:
    # The first five messages to a number are sent.
    assert _refused(site.client(), 60, lane=Lane.URGENT) == [RateExceeded] * 55
    yield
    assert "number" in site.zettai("guards", "show")


def _texts_repeated(site: Site) -> Generator[None]:
    assert len(_refused(site.client(same_text_per_minute=1), 60, body="drill", to="09021110001", lane=Lane.NORMAL)) > 50
    yield
    assert "same_text" in site.zettai("guards", "show")


def _budget_used_up(site: Site) -> Generator[None]:
    assert _refused(site.client(budgets="1/day group *"), 3, group="drill") == [BudgetExceeded] * 2
    yield
    assert "budget" in site.zettai("guards", "show")
    assert _refused(site.client(budgets="9/day group *"), 3, group="drill") == []


def _not_allowed(site: Site) -> Generator[None]:
    restricted = site.client(only_to="09021110002")
    assert _refused(restricted, 1) == [NotAllowed]
    yield
    assert "only to" in site.zettai("doctor")
    assert _refused(restricted, 1, to="09021110002") == []


def _not_accepting(site: Site) -> Generator[None]:
    redis = site.stack.store.redis
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.08))
    eventually(lambda: _refused(site.client(), 1) == [StoreFull], "no message is accepted")
    yield
    assert "no message is accepted" in site.zettai("doctor")
    redis.config_set("maxmemory", "2gb")
    eventually(lambda: _refused(site.client(), 1) == [], "messages are accepted")


def _expired(site: Site) -> Generator[None]:
    site.zettai("limiter", "pause")
    [message] = site.send(1, expires_in=timedelta(seconds=1))
    eventually(lambda: site.state_of(message) == State.EXPIRED, "the message expires")
    yield
    assert message.client_tag in site.zettai("dead-letters", "--state", "expired", "--limit", "20")
    site.zettai("limiter", "resume")


def _rejected(site: Site) -> Generator[None]:
    site.stack.simulator.set_faults({"kind": "code", "code": 100, "text": "message is invalid.", "endpoint": "mt"})
    sent = site.send(15)
    eventually(lambda: all(site.state_of(one) == State.REJECTED for one in sent), "all are rejected")
    yield
    assert "message is invalid." in site.zettai("dead-letters", "--state", "rejected", "--limit", "20")
    site.stack.simulator.set_faults()


def _message_parked(site: Site) -> Generator[None]:
    site.stack.simulator.set_faults({"kind": "http", "status": 403, "endpoint": "mt", "suffix": NUMBER[-4:]})
    message = site.stack.client.send(NUMBER, "drill")
    eventually(lambda: '"event": "message_parked"' in site.stack.log_text(), "the log names the message")
    yield
    assert "HTTP 403" in site.zettai("status", message.client_tag)
    site.stack.simulator.set_faults()
    eventually(lambda: site.state_of(message) == State.DELIVERED, "it is sent after all")


def _provider_errors(site: Site) -> Generator[None]:
    site.stack.simulator.set_faults({"kind": "system_error", "endpoint": "mt", "rate": 0.5})
    site.send(30)
    yield
    assert site.prometheus.ask('zettai_provider_errors_total{code="500"} > 0')
    site.stack.simulator.set_faults()


def _throttled(site: Site) -> Generator[None]:
    site.stack.simulator.set_faults({"kind": "throttled", "endpoint": "mt"})
    site.send(30)
    yield
    shown = re.search(r"now ([\d.]+) calls per second", site.zettai("limiter", "show"))
    assert shown is not None
    assert float(shown[1]) < 590
    site.stack.simulator.set_faults()


def _send_to(site: Site, ending: str) -> None:
    """Send messages to docomo. The simulator decides by the ending of the number what becomes of them."""
    items = [{"to": f"0902{n:04}{ending}", "body": "drill", "carrier": "docomo"} for n in range(200)]
    assert all(result.ok for result in site.stack.client.send_many(items))


def _undelivered(site: Site) -> Generator[None]:
    _send_to(site, "732")
    yield
    shown = site.zettai("list", "--state", "undelivered", "--carrier", "docomo", "--limit", "5")
    assert "no such number (31732)" in shown


def _overdue(site: Site) -> Generator[None]:
    _send_to(site, "998")
    yield
    assert site.prometheus.ask('zettai_messages_overdue_total{carrier="docomo"} > 100')


def _urgent_slow(site: Site) -> Generator[None]:
    site.zettai("limiter", "set", "10/second")
    site.send(60, lane=Lane.URGENT)
    yield
    assert "lowered to" in site.zettai("limiter", "show")
    site.zettai("limiter", "set", "--default")


def _reports_not_believed(site: Site) -> Generator[None]:
    [message] = site.send(1)
    eventually(lambda: site.state_of(message) == State.DELIVERED, "it is delivered")
    forged = notification(message.client_tag, phoneNumber="+819021110004", clientId=site.stack.settings.client_id)
    assert site.post(PATH, as_json(*[forged] * 20), FORM) == 200
    yield
    assert '"event": "report_ignored"' in site.stack.log_text()


def _producer_paused(site: Site) -> Generator[None]:
    # As after an hour in which it sent little.
    store, usual = site.stack.store, {"count": 0, "usual": 1, "seen": LOOP_MINUTES}
    store.redis.hset(store.keys.loops, "library bulk", json.dumps(usual))
    assert set(_refused(site.client(loop_guard=10), 300, lane=Lane.BULK)) == {RateExceeded}
    yield
    assert "library" in site.zettai("guards", "show")
    site.zettai("guards", "resume")


DRILLS: dict[str, Drill] = {
    # The first one needs that beat has never run.
    "ZettaiBeatStopped": _beat_stopped,
    "ZettaiExporterDown": _exporter_down,
    "ZettaiRedisDown": _redis_down,
    "ZettaiNoWorkers": _no_workers,
    "ZettaiAccountHeld": _account_held,
    "ZettaiSenderHeld": _sender_held,
    "ZettaiProviderDown": _provider_down,
    "ZettaiRateCut": _rate_cut,
    "ZettaiPaused": _paused,
    "ZettaiUrgentQueueLong": _urgent_queue_long,
    "ZettaiApiKeysOutdated": _api_keys_outdated,
    "ZettaiPausedCampaignExpires": _paused_campaign_expires,
    "ZettaiCampaignTooSlow": _campaign_too_slow,
    "ZettaiRecordsDamaged": _records_damaged,
    "ZettaiRedisNearlyFull": _redis_nearly_full,
    "ZettaiNotAccepting": _not_accepting,
    "ZettaiWorkersLost": _no_workers,
    "ZettaiMessageParked": _message_parked,
    "ZettaiProviderErrors": _provider_errors,
    "ZettaiThrottled": _throttled,
    "ZettaiExpired": _expired,
    "ZettaiRejected": _rejected,
    "ZettaiNumberPumped": _number_pumped,
    "ZettaiTextsRepeated": _texts_repeated,
    "ZettaiBudgetUsedUp": _budget_used_up,
    "ZettaiNotAllowed": _not_allowed,
    "ZettaiUndelivered": _undelivered,
    "ZettaiOverdue": _overdue,
    "ZettaiUrgentSlow": _urgent_slow,
    "ZettaiReportsNotBelieved": _reports_not_believed,
    "ZettaiProducerPaused": _producer_paused,
}
"""The drills by their alerts. The others are listed at the end of docs/runbook.md."""
