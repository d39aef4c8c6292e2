"""Reads a snapshot from Redis. The cost does not grow with the number of messages."""

from zettai.core.store import MessageStore
from zettai_cli.operations.top.snapshot import Snapshot
from zettai_worker.limiter import Limiter
from zettai_worker.metrics.problems import read_problems
from zettai_worker.metrics.statistics import read_statistics
from zettai_worker.ticks import read_beat_status
from zettai_worker.webhooks.statistics import read_webhook_statistics


def read_snapshot(store: MessageStore, limiter: Limiter, workers: tuple[str, ...] | None) -> Snapshot:
    """Read a snapshot.

    Raises:
        RedisError: Redis does not answer.
        LimiterUnavailable: Redis does not answer the limiter.
    """
    return Snapshot(
        read_statistics(store),
        limiter.state(),
        read_problems(store),
        read_beat_status(store),
        workers,
        read_webhook_statistics(store),
    )
