"""The metrics of events: how many there are, and how far the groups of readers are behind.

`zettai_transitions_total` has the events by type, because each of these states has its event.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prometheus_client.metrics_core import Metric
from redis.exceptions import ResponseError

from zettai.core.store import MessageStore
from zettai_worker.metrics.families import counter_family, gauge_family


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStatistics:
    """The statistics of the stream of events.

    Attributes:
        added: how many events were ever appended.
        kept: how many Redis has now.
        lag: how many events each group of readers has not read; groups of which Redis does not know it are left out.
        unacknowledged: how many events each group has read, and not acknowledged.
        lost: how many events were removed before each group read them.
    """

    added: int = 0
    kept: int = 0
    lag: Mapping[str, int]
    unacknowledged: Mapping[str, int]
    lost: Mapping[str, int]


def read_event_statistics(store: MessageStore) -> EventStatistics:
    """Read the statistics, in one round trip.

    Raises:
        RedisError: Redis does not answer.
    """
    keys = store.keys
    with store.redis.pipeline(transaction=False) as pipe:
        pipe.hgetall(keys.lost_events)
        pipe.xinfo_stream(keys.events)
        pipe.xinfo_groups(keys.events)
        lost, stream, groups = pipe.execute(raise_on_error=False)
    answers: list[Any] = [lost, stream, groups]
    if error := next((one for one in answers if isinstance(one, Exception) and not _is_missing(one)), None):
        raise error
    if isinstance(stream, Exception):
        stream, groups = {"length": 0}, []
    return EventStatistics(
        added=stream.get("entries-added", 0),
        kept=stream["length"],
        lag={group["name"]: group["lag"] for group in groups if group.get("lag") is not None},
        unacknowledged={group["name"]: group["pending"] for group in groups},
        lost={group: int(count) for group, count in lost.items()},
    )


def event_metrics(events: EventStatistics) -> Iterator[Metric]:
    """Yield the metrics."""
    yield counter_family("zettai_events", "Events that were appended; 0 with Redis before 7.0.", events.added)
    yield gauge_family("zettai_events_kept", "Events that Redis keeps.", events.kept)
    yield gauge_family(
        "zettai_event_group_lag",
        "Events that a group of readers has not read yet. Not with Redis before 7.0.",
        events.lag,
        labels=["group"],
    )
    yield gauge_family(
        "zettai_event_group_unacknowledged",
        "Events that a group of readers has read and not acknowledged.",
        events.unacknowledged,
        labels=["group"],
    )
    yield counter_family(
        "zettai_events_lost",
        "Events that were removed before a group of readers read them.",
        {**dict.fromkeys(events.unacknowledged, 0), **events.lost},
        labels=["group"],
    )


def _is_missing(error: Exception) -> bool:
    """Return whether the error says that there is no stream yet."""
    return isinstance(error, ResponseError) and "no such key" in str(error)
