"""Reads a snapshot from Redis. The cost does not grow with the number of messages."""

from collections.abc import Mapping

from zettai.core.accounts import account_label
from zettai.core.store import MessageStore
from zettai_cli.operations.top.snapshot import AccountSnapshot, Snapshot
from zettai_worker.limiter import Limiter
from zettai_worker.metrics.campaign_metrics import read_campaign_statistics
from zettai_worker.metrics.event_metrics import read_event_statistics
from zettai_worker.metrics.problems import SHOWN, read_problems
from zettai_worker.metrics.statistics import read_statistics
from zettai_worker.ticks import read_beat_status
from zettai_worker.webhooks.statistics import read_webhook_statistics


def read_snapshot(
    accounts: Mapping[str | None, tuple[MessageStore, Limiter]], workers: tuple[str, ...] | None
) -> Snapshot:
    """Read a snapshot.

    Args:
        accounts: the store and the limiter of each account.
        workers: names of the processes that answered the last ping.

    Raises:
        RedisError: Redis does not answer.
        LimiterUnavailable: Redis does not answer the limiter.
    """
    found = {
        account_label(account): AccountSnapshot(read_statistics(store), limiter.state())
        for account, (store, limiter) in accounts.items()
    }
    [store, _] = next(iter(accounts.values()))
    problems = [problem for each, _ in accounts.values() for problem in read_problems(each)]
    latest = sorted(problems, key=lambda one: one.at, reverse=True)[:SHOWN]
    return Snapshot(
        found,
        tuple(latest),
        read_beat_status(store),
        workers,
        read_campaign_statistics([each for each, _ in accounts.values()]),
        read_event_statistics(store),
        read_webhook_statistics(store),
    )
