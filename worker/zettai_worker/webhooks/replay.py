"""What operators do with an endpoint: deliver old events again, or forget one that was removed from the file."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import cast

from redis import Redis
from redis.exceptions import ResponseError

from zettai.core.events import MessageEvent
from zettai.core.store.keys import Keys
from zettai_worker.webhooks.endpoints import reader_group
from zettai_worker.webhooks.retries import Delivery

MOST_REPLAYS = 100_000
"""Events of an endpoint that may wait to be delivered again."""

BATCH = 1_000
"""Events that are written to Redis at once."""


class TooManyReplays(Exception):  # noqa: N818 - reads as the fact that it states
    """`MOST_REPLAYS` events wait already. Those that were queued before stay queued."""


def endpoint_names(redis: Redis, keys: Keys) -> Sequence[str]:
    """Return the names of all endpoints that were ever active."""
    try:
        groups = redis.xinfo_groups(keys.events)
    except ResponseError:  # there is no stream yet
        return ()
    prefix = reader_group("")
    return sorted(group["name"].removeprefix(prefix) for group in groups if group["name"].startswith(prefix))


def replay(redis: Redis, keys: Keys, endpoint: str, events: Iterable[MessageEvent]) -> int:
    """Queue events for an endpoint, and return how many. They have the ids that they had.

    Raises:
        TooManyReplays: no more of them may wait.
    """
    count, waiting = 0, iter(events)
    while batch := [Delivery(event).to_json() for event in islice(waiting, BATCH)]:
        _queue(redis, keys, endpoint, batch)
        count += len(batch)
    return count


def replay_given_up(redis: Redis, keys: Keys, endpoint: str) -> int:
    """Queue the events that an endpoint never got, and return how many.

    Raises:
        TooManyReplays: no more of them may wait.
    """
    count, given_up = 0, keys.webhook_given_up(endpoint)
    while members := cast("list[str]", redis.zrange(given_up, 0, BATCH - 1)):
        again = [Delivery(Delivery.from_json(member).event).to_json() for member in members]
        _queue(redis, keys, endpoint, again, members)
        count += len(members)
    return count


def _queue(redis: Redis, keys: Keys, endpoint: str, events: Sequence[str], given_up: Sequence[str] = ()) -> None:
    """Queue events, and remove them from those that were given up, in one step."""
    replays = keys.webhook_replays(endpoint)
    if redis.llen(replays) + len(events) > MOST_REPLAYS:
        raise TooManyReplays
    with redis.pipeline(transaction=True) as pipe:
        pipe.rpush(replays, *events)
        if given_up:
            pipe.zrem(keys.webhook_given_up(endpoint), *given_up)
        pipe.execute()


def is_active(redis: Redis, keys: Keys, endpoint: str) -> bool:
    """Return whether a process delivers the events of an endpoint now."""
    return bool(redis.exists(keys.webhook_lock(endpoint)))


def forget(redis: Redis, keys: Keys, endpoint: str) -> None:
    """Delete everything about an endpoint. No process may deliver its events."""
    known = cast("list[str]", redis.hkeys(keys.webhooks))
    fields = [field for field in known if field.startswith(f"{endpoint} ")]
    with redis.pipeline(transaction=True) as pipe:
        pipe.xgroup_destroy(keys.events, reader_group(endpoint))
        pipe.delete(keys.webhook_retries(endpoint), keys.webhook_given_up(endpoint), keys.webhook_replays(endpoint))
        if fields:
            pipe.hdel(keys.webhooks, *fields)
        pipe.hdel(keys.lost_events, reader_group(endpoint))
        pipe.execute()


def between(events: Iterable[MessageEvent], last: str | None) -> Iterator[MessageEvent]:
    """Yield events up to one id, which is included. Without an id, yield all."""
    for event in events:
        if last is not None and _position(event.id) > _position(last):
            return
        yield event


def _position(event_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in event_id.split("-"))
