"""What is known about the delivery to endpoints, for metrics, `zettai top` and `zettai doctor`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from zettai.core.store import MessageStore
from zettai.core.times import from_milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStatistics:
    """The statistics of one endpoint. They stay if its process ends.

    Attributes:
        name: of the endpoint.
        active: whether a process delivers its events now.
        delivered: how many events it got.
        failed: how many attempts failed.
        given_up: how many events it did not get.
        waiting: how many events wait for another attempt.
        replays: how many old events wait to be delivered again.
        oldest: the age of the oldest event that was read and not delivered; zero if there is none.
        paused_since: since when the receiver is down; None if it works.
    """

    name: str
    active: bool
    delivered: int
    failed: int
    given_up: int
    waiting: int
    replays: int
    oldest: timedelta
    paused_since: datetime | None

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return {
            "endpoint": self.name,
            "active": self.active,
            "delivered": self.delivered,
            "failed": self.failed,
            "given_up": self.given_up,
            "waiting": self.waiting,
            "replays": self.replays,
            "oldest_seconds": round(self.oldest.total_seconds(), 3),
            "paused_since": None if self.paused_since is None else self.paused_since.isoformat(),
        }


def read_webhook_statistics(store: MessageStore) -> Sequence[EndpointStatistics]:
    """Read the statistics of all endpoints that were ever active, in two round trips.

    Raises:
        RedisError: Redis does not answer.
    """
    keys = store.keys
    fields: dict[str, dict[str, str]] = {}
    for field, value in cast("dict[str, str]", store.redis.hgetall(keys.webhooks)).items():
        name, _, what = field.partition(" ")
        fields.setdefault(name, {})[what] = value
    if not fields:
        return ()
    with store.redis.pipeline(transaction=False) as pipe:
        pipe.time()
        for name in fields:
            pipe.exists(keys.webhook_lock(name))
            pipe.hlen(keys.webhook_retries(name))
            pipe.llen(keys.webhook_replays(name))
        (seconds, microseconds), *answers = pipe.execute()
    now = from_milliseconds(seconds * 1000 + microseconds / 1000)
    rows = zip(fields, answers[::3], answers[1::3], answers[2::3], strict=True)
    return [
        EndpointStatistics(
            name=name,
            active=bool(active),
            delivered=int(fields[name].get("delivered", 0)),
            failed=int(fields[name].get("failed", 0)),
            given_up=int(fields[name].get("given_up", 0)),
            waiting=waiting,
            replays=replays,
            oldest=_age(fields[name].get("oldest"), now),
            paused_since=_time(fields[name].get("paused_since")),
        )
        for name, active, waiting, replays in rows
    ]


def webhook_metrics(endpoints: Sequence[EndpointStatistics]) -> Iterator[Metric]:
    """Yield the metrics."""
    delivered = CounterMetricFamily(
        "zettai_webhook_events_delivered", "Events that a webhook endpoint got.", labels=["endpoint"]
    )
    failed = CounterMetricFamily(
        "zettai_webhook_attempts_failed", "Requests to a webhook endpoint that did not deliver.", labels=["endpoint"]
    )
    given_up = CounterMetricFamily(
        "zettai_webhook_events_given_up",
        "Events that a webhook endpoint did not get within ZETTAI_WEBHOOK_GIVE_UP_AFTER.",
        labels=["endpoint"],
    )
    waiting = GaugeMetricFamily(
        "zettai_webhook_events_waiting", "Events that wait for another attempt.", labels=["endpoint"]
    )
    oldest = GaugeMetricFamily(
        "zettai_webhook_oldest_event_age_seconds",
        "The age of the oldest event that was read for a webhook endpoint and not delivered; 0 without one.",
        labels=["endpoint"],
    )
    paused = GaugeMetricFamily(
        "zettai_webhook_paused", "Whether delivery waits because the receiver is down.", labels=["endpoint"]
    )
    active = GaugeMetricFamily(
        "zettai_webhook_active", "Whether a process delivers the events of the endpoint.", labels=["endpoint"]
    )
    for one in endpoints:
        delivered.add_metric([one.name], one.delivered)
        failed.add_metric([one.name], one.failed)
        given_up.add_metric([one.name], one.given_up)
        waiting.add_metric([one.name], one.waiting)
        oldest.add_metric([one.name], one.oldest.total_seconds())
        paused.add_metric([one.name], one.paused_since is not None)
        active.add_metric([one.name], one.active)
    yield from (delivered, failed, given_up, waiting, oldest, paused, active)


def _age(milliseconds: str | None, now: datetime) -> timedelta:
    return max(now - from_milliseconds(milliseconds), timedelta()) if milliseconds else timedelta()


def _time(seconds: str | None) -> datetime | None:
    return from_milliseconds(float(seconds) * 1000) if seconds else None
