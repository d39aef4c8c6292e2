"""The metrics that all processes share, for `zettai exporter`: one exporter for an installation.

They are read from Redis when Prometheus asks, with about seventy commands in ten round trips for each account, however
many messages there are, and at most once a second. `worker_metrics.py` has the metrics of a single process.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from threading import Lock
from time import monotonic

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from zettai.core.lanes import SENDING_LANES
from zettai.core.states import State
from zettai.core.store import MessageStore
from zettai.core.store.billed_parts import read_parts_differences
from zettai.core.store.counters import INFINITE, Counters, Deliveries, Transition, read_counters
from zettai_worker.limiter import Limiter, LimiterState, LimiterUnavailable
from zettai_worker.limiter.spacing import parse_limit
from zettai_worker.metrics.by_account import by_account
from zettai_worker.metrics.campaign_metrics import campaign_metrics, read_campaign_statistics
from zettai_worker.metrics.event_metrics import event_metrics, read_event_statistics
from zettai_worker.metrics.statistics import Statistics, read_statistics
from zettai_worker.webhooks.statistics import read_webhook_statistics, webhook_metrics

CACHE_SECONDS = 1.0
"""How long the exporter returns the same values before it reads them again."""


def has_account(name: str) -> bool:
    """Return whether a metric of a worker or of the exporter has the label `account`."""
    return name not in {"zettai_redis_up", "zettai_suppressed_numbers"} and not name.startswith(
        ("zettai_event", "zettai_webhook")
    )


ZERO_TRANSITIONS = {Transition(lane, state, "unknown"): 0 for lane in SENDING_LANES for state in State}
"""Exported from the start: Prometheus does not see the first increase of a series that did not exist before."""


class Exporter(Collector):
    """Collects the metrics. Safe for threads."""

    def __init__(
        self, accounts: Mapping[str, tuple[MessageStore, Limiter]], clock: Callable[[], float] = monotonic
    ) -> None:
        """Prepare to collect.

        Args:
            accounts: the store and the limiter of each account, by its name; at least one.
            clock: the time since some moment, in seconds.
        """
        self._accounts = accounts
        self._clock = clock
        self._lock = Lock()
        self._metrics: list[Metric] = []
        self._read_at = float("-inf")

    def collect(self) -> Iterable[Metric]:
        """Return all metrics; while Redis does not answer, only `zettai_redis_up`."""
        with self._lock:
            if self._clock() - self._read_at >= CACHE_SECONDS:
                self._metrics = self._read()
                self._read_at = self._clock()
            return self._metrics

    def describe(self) -> Iterable[Metric]:
        """Return nothing, so that registering the exporter does not wait for Redis."""
        return ()

    def _read(self) -> list[Metric]:
        try:
            of_accounts = {name: _account_metrics(*one) for name, one in self._accounts.items()}
            [store, _] = next(iter(self._accounts.values()))
            suppressed_numbers, events = store.suppressions.count(), read_event_statistics(store)
            webhooks = read_webhook_statistics(store)
            campaigns = read_campaign_statistics([each for each, _ in self._accounts.values()])
        except (RedisError, LimiterUnavailable):
            return [_redis_up(answers=False)]
        return [
            _redis_up(answers=True),
            *by_account(of_accounts),
            GaugeMetricFamily(
                "zettai_suppressed_numbers", "Numbers in the suppression list.", value=suppressed_numbers
            ),
            *event_metrics(events),
            *webhook_metrics(webhooks),
            *campaign_metrics(campaigns),
        ]


def _account_metrics(store: MessageStore, limiter: Limiter) -> list[Metric]:
    """Read the metrics of one account.

    Raises:
        RedisError: Redis does not answer.
        LimiterUnavailable: Redis does not answer the limiter.
    """
    return [
        *_statistics_metrics(read_statistics(store)),
        *_limiter_metrics(limiter.state()),
        *_counter_metrics(read_counters(store.redis, store.keys)),
        _parts_metric(read_parts_differences(store.redis, store.keys)),
    ]


def _redis_up(*, answers: bool) -> Metric:
    return GaugeMetricFamily("zettai_redis_up", "Whether Redis answers the exporter.", value=answers)


def _statistics_metrics(statistics: Statistics) -> Iterator[Metric]:
    messages = GaugeMetricFamily("zettai_messages", "Messages in each state.", labels=["state"])
    for state, count in statistics.states.items():
        messages.add_metric([state], count)
    yield messages
    ages = GaugeMetricFamily(
        "zettai_oldest_message_age_seconds",
        "How long the oldest message of a state has been in it; 0 if there is none. Weeks are normal in scheduled.",
        labels=["state"],
    )
    for state, age in statistics.oldest.items():
        ages.add_metric([state], age.total_seconds() if age else 0)
    yield ages
    queued = GaugeMetricFamily("zettai_queued_tasks", "Tasks in the queue of each lane.", labels=["lane"])
    for lane, length in statistics.queued_tasks.items():
        queued.add_metric([lane], length)
    yield queued
    yield GaugeMetricFamily(
        "zettai_sends_due",
        "Messages that are due to be sent or sent again and that no worker has claimed.",
        value=statistics.due_to_send,
    )
    yield GaugeMetricFamily(
        "zettai_checks_due", "Messages that are due for a status check.", value=statistics.due_to_check
    )
    yield GaugeMetricFamily(
        "zettai_check_lag_seconds",
        "By how much the latest due status check is late.",
        value=statistics.check_lag.total_seconds(),
    )
    yield GaugeMetricFamily(
        "zettai_account_held",
        "Whether all sending is suspended; a pause does not count.",
        value=statistics.held is not None,
    )
    senders = GaugeMetricFamily(
        "zettai_sender_held", "1 for each sender code whose messages are suspended.", labels=["sender"]
    )
    for sender in statistics.held_senders:
        senders.add_metric([sender], 1)
    yield senders
    yield GaugeMetricFamily(
        "zettai_provider_down",
        "Whether all sending is suspended because the provider is down.",
        value=statistics.provider_down,
    )
    yield GaugeMetricFamily(
        "zettai_quarantined_records",
        "Damaged records that are put aside: their messages are not processed.",
        value=statistics.quarantined,
    )
    suppressed = CounterMetricFamily(
        "zettai_suppressed_messages",
        "Messages that were canceled because their number is suppressed, by when that was found: accepted, claimed, "
        "or reserved at the provider.",
        labels=["stage"],
    )
    for stage, count in statistics.suppressed.items():
        suppressed.add_metric([stage], count)
    yield suppressed
    yield from _guard_metrics(statistics)


def _guard_metrics(statistics: Statistics) -> Iterator[Metric]:
    refused = CounterMetricFamily(
        "zettai_refused_messages",
        "Messages that were refused as they were sent, by guard: number, same_text, budget, not_allowed, memory, loop.",
        labels=["guard"],
    )
    for guard, count in statistics.refused.items():
        refused.add_metric([guard], count)
    yield refused
    paused = GaugeMetricFamily(
        "zettai_paused_producer",
        "1 for each producer that the loop guard has paused in a lane.",
        labels=["producer", "lane"],
    )
    for one in statistics.producers:
        if one.paused:
            paused.add_metric([one.name, one.lane], 1)
    yield paused
    if statistics.memory is not None:
        yield GaugeMetricFamily(
            "zettai_redis_memory_share",
            "The part of maxmemory that is used, or that open messages will need; 0 without maxmemory. Nothing is "
            "accepted from 0.9, in the urgent lane from 0.95.",
            value=statistics.memory.share,
        )


def _limiter_metrics(state: LimiterState) -> Iterator[Metric]:
    setting = parse_limit(state.limit)
    yield GaugeMetricFamily(
        "zettai_limiter_limit_calls_per_second",
        "The limit of ZETTAI_RATE_LIMIT, as the exporter has it.",
        value=setting.amount / setting.get_expiry(),
    )
    yield GaugeMetricFamily(
        "zettai_limiter_rate_calls_per_second",
        "The present rate: the limit minus the headroom, lowered by an operator or after refusals.",
        value=state.rate,
    )
    yield GaugeMetricFamily("zettai_limiter_booked_slots", "Slots booked in the last second.", value=state.booked)
    yield GaugeMetricFamily("zettai_limiter_paused", "Whether all calls are paused.", value=state.paused)


def _counter_metrics(counters: Counters) -> Iterator[Metric]:
    moves = CounterMetricFamily(
        "zettai_transitions",
        "Messages that entered each state. The carrier is the provider's, else the caller's, else unknown.",
        labels=["lane", "state", "carrier"],
    )
    for move, count in {**ZERO_TRANSITIONS, **counters.transitions}.items():
        moves.add_metric(list(move), count)
    yield moves
    deliveries = HistogramMetricFamily(
        "zettai_delivery_seconds", "Time from acceptance until the delivery is known.", labels=["carrier"]
    )
    for carrier, one in counters.deliveries.items():
        deliveries.add_metric([carrier], list(_cumulative_buckets(one)), one.seconds)
    yield deliveries
    replacements = CounterMetricFamily(
        "zettai_replacements",
        "Replacements of messages, by outcome: replaced, too_late, canceled, or superseded by a newer request.",
        labels=["outcome"],
    )
    for outcome, count in counters.replacements.items():
        replacements.add_metric([outcome], count)
    yield replacements
    ran = GaugeMetricFamily(
        "zettai_reconciliation_last_run_timestamp_seconds",
        "When each periodic job last finished, on any host.",
        labels=["round"],
    )
    for name, at in counters.last_runs.items():
        ran.add_metric([name], at.timestamp())
    yield ran


def _parts_metric(differences: Mapping[str, int]) -> Metric:
    metric = GaugeMetricFamily(
        "zettai_billed_parts_difference",
        "By how many billed parts of the latest finished month the provider is above our range, or below it.",
        labels=["carrier"],
    )
    for carrier, difference in differences.items():
        metric.add_metric([carrier], difference)
    return metric


def _cumulative_buckets(deliveries: Deliveries) -> Iterator[tuple[str, float]]:
    """Yield the buckets for Prometheus: each with the counts of all smaller ones."""
    total = 0
    for bound, count in deliveries.buckets.items():
        total += count
        yield "+Inf" if bound == INFINITE else str(float(bound)), total
