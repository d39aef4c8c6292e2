"""The metrics that are read for each account: messages, counters, guards and the rate limit."""

from collections.abc import Iterator

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from zettai.core.carriers import UNKNOWN_CARRIER, Carrier
from zettai.core.lanes import SENDING_LANES
from zettai.core.states import State
from zettai.core.store import MessageStore
from zettai.core.store.billed_parts import read_parts_differences
from zettai.core.store.counters import INFINITE, Counters, Deliveries, Transition, read_counters
from zettai_worker.limiter import Limiter, LimiterState
from zettai_worker.limiter.spacing import parse_limit
from zettai_worker.metrics.families import counter_family, gauge_family
from zettai_worker.metrics.statistics import Statistics, read_statistics

ZERO_TRANSITIONS = {Transition(lane, state, UNKNOWN_CARRIER): 0 for lane in SENDING_LANES for state in State} | {
    Transition(lane, state, carrier): 0
    for lane in SENDING_LANES
    for state in (State.DELIVERED, State.UNDELIVERED)
    for carrier in Carrier
}
"""Exported from the start: Prometheus does not see the first increase of a series that did not exist before."""


def read_account_metrics(store: MessageStore, limiter: Limiter) -> list[Metric]:
    """Read the metrics of one account.

    Raises:
        RedisError: Redis does not answer.
        LimiterUnavailable: Redis does not answer the limiter.
    """
    statistics = read_statistics(store)
    return [
        *_message_metrics(statistics),
        *_guard_metrics(statistics),
        *_limiter_metrics(limiter.state()),
        *_counter_metrics(read_counters(store.redis, store.keys)),
        gauge_family(
            "zettai_billed_parts_difference",
            "By how many billed parts of the latest finished month the provider is above our range, or below it.",
            read_parts_differences(store.redis, store.keys),
            labels=["carrier"],
        ),
    ]


def _message_metrics(statistics: Statistics) -> Iterator[Metric]:
    yield gauge_family("zettai_messages", "Messages in each state.", statistics.states, labels=["state"])
    yield gauge_family(
        "zettai_oldest_message_age_seconds",
        "How long the oldest message of a state has been in it; 0 if there is none. Weeks are normal in scheduled.",
        {state: age.total_seconds() if age else 0 for state, age in statistics.oldest.items()},
        labels=["state"],
    )
    yield gauge_family(
        "zettai_queued_tasks", "Tasks in the queue of each lane.", statistics.queued_tasks, labels=["lane"]
    )
    yield gauge_family(
        "zettai_sends_due",
        "Messages that are due to be sent or sent again and that no worker has claimed.",
        statistics.due_to_send,
    )
    yield gauge_family(
        "zettai_far_reservations",
        "Reservations that wait in Redis for more than an hour, until ZETTAI_RESERVE_WITHIN before their time.",
        statistics.far_reservations,
    )
    yield gauge_family("zettai_checks_due", "Messages that are due for a status check.", statistics.due_to_check)
    yield gauge_family(
        "zettai_check_lag_seconds",
        "By how much the latest due status check is late.",
        statistics.check_lag.total_seconds(),
    )
    yield gauge_family(
        "zettai_account_held", "Whether all sending is suspended; a pause does not count.", statistics.held is not None
    )
    yield gauge_family(
        "zettai_sender_held",
        "1 for each sender code whose messages are suspended.",
        dict.fromkeys(statistics.held_senders, 1),
        labels=["sender"],
    )
    yield gauge_family(
        "zettai_provider_down",
        "Whether all sending is suspended because the provider is down.",
        statistics.provider_down,
    )
    yield gauge_family(
        "zettai_quarantined_records",
        "Damaged records that are put aside: their messages are not processed.",
        statistics.quarantined,
    )
    yield counter_family(
        "zettai_suppressed_messages",
        "Messages that were canceled because their number is suppressed, by when that was found: accepted, claimed, "
        "or reserved at the provider.",
        statistics.suppressed,
        labels=["stage"],
    )
    yield counter_family(
        "zettai_replacements",
        "Replacements of messages, and of reservations that a pause of their group takes back, by outcome: replaced, "
        "too_late, canceled, or superseded by a newer request.",
        statistics.replacements,
        labels=["outcome"],
    )
    yield gauge_family(
        "zettai_replacements_pending",
        "Replacements that wait until the provider confirms the cancel of the first message.",
        statistics.replacements_pending,
    )


def _guard_metrics(statistics: Statistics) -> Iterator[Metric]:
    yield counter_family(
        "zettai_refused_messages",
        "Messages that were refused as they were sent, by guard: number, same_text, budget, not_allowed, memory, loop.",
        statistics.refused,
        labels=["guard"],
    )
    yield gauge_family(
        "zettai_paused_producer",
        "1 for each producer that the loop guard has paused in a lane.",
        {(one.name, one.lane): 1 for one in statistics.producers if one.paused},
        labels=["producer", "lane"],
    )
    if statistics.memory is not None:
        yield gauge_family(
            "zettai_redis_memory_share",
            "The part of maxmemory that is used, or that open messages will need; 0 without maxmemory. Nothing is "
            "accepted from 0.9, in the urgent lane from 0.95.",
            statistics.memory.share,
        )


def _limiter_metrics(state: LimiterState) -> Iterator[Metric]:
    setting = parse_limit(state.limit)
    yield gauge_family(
        "zettai_limiter_limit_calls_per_second",
        "The limit of ZETTAI_RATE_LIMIT, as the exporter has it.",
        setting.amount / setting.get_expiry(),
    )
    yield gauge_family(
        "zettai_limiter_rate_calls_per_second",
        "The present rate: the limit minus the headroom, lowered by an operator or after refusals.",
        state.rate,
    )
    yield gauge_family("zettai_limiter_booked_slots", "Slots booked in the last second.", state.booked)
    yield gauge_family("zettai_limiter_paused", "Whether all calls are paused.", state.paused)


def _counter_metrics(counters: Counters) -> Iterator[Metric]:
    yield counter_family(
        "zettai_transitions",
        "Messages that entered each state. The carrier is the provider's, else the caller's, else unknown.",
        {**ZERO_TRANSITIONS, **counters.transitions},
        labels=["lane", "state", "carrier"],
    )
    deliveries = HistogramMetricFamily(
        "zettai_delivery_seconds", "Time from acceptance until the delivery is known.", labels=["carrier"]
    )
    for carrier, one in counters.deliveries.items():
        deliveries.add_metric([carrier], list(_cumulative_buckets(one)), one.seconds)
    yield deliveries
    yield gauge_family(
        "zettai_reconciliation_last_run_timestamp_seconds",
        "When each periodic job last finished, on any host.",
        {name: at.timestamp() for name, at in counters.last_runs.items()},
        labels=["round"],
    )


def _cumulative_buckets(deliveries: Deliveries) -> Iterator[tuple[str, float]]:
    """Yield the buckets for Prometheus: each with the counts of all smaller ones."""
    total = 0
    for bound, count in deliveries.buckets.items():
        total += count
        yield "+Inf" if bound == INFINITE else str(float(bound)), total
