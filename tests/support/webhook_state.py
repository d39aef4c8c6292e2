"""What the tests of webhooks read in Redis."""

from datetime import timedelta

from redis import Redis

from zettai.core.store import WorkerStore
from zettai.core.store.keys import Keys
from zettai_worker.webhooks.statistics import EndpointStatistics, read_webhook_statistics

NOTHING_YET = EndpointStatistics(
    name="shop",
    active=False,
    delivered=0,
    failed=0,
    given_up=0,
    waiting=0,
    replays=0,
    oldest=timedelta(),
    paused_since=None,
)


def statistics(store: WorkerStore) -> EndpointStatistics:
    found = read_webhook_statistics(store)
    return found[0] if found else NOTHING_YET


def undelivered(redis: Redis, keys: Keys) -> int:
    [group] = redis.xinfo_groups(keys.events)
    return int(group["pending"]) + int(group["lag"])


def is_settled(redis: Redis, keys: Keys) -> bool:
    return undelivered(redis, keys) == 0 and redis.hlen(keys.webhook_retries("shop")) == 0


def has_failed(redis: Redis, keys: Keys) -> bool:
    return int(redis.hget(keys.webhooks, "shop failed") or 0) > 0
