"""Helpers for tests that control a campaign in the store, and take its messages as a worker does."""

from datetime import datetime, timedelta

from tests.support.store_helpers import new_message

from zettai.core.campaign_control import Pace, SendWindow, pause_change, speed_change
from zettai.core.lanes import Lane
from zettai.core.store import WorkerStore
from zettai.core.times import JST

GROUP, OTHER = "large", "other"

MONDAY = datetime(2040, 3, 5, 12, 0, tzinfo=JST)
"""The time at which each test begins."""

HOUR = timedelta(hours=1)

OFFICE = SendWindow(opens=9 * 60, closes=20 * 60, days=(True,) * 5 + (False,) * 2)


def create(store: WorkerStore, count: int = 10, group: str = GROUP, **fields: object) -> list[str]:
    """Record bulk messages of a group, and return their tags."""
    messages = [new_message(group=group, **{"lane": Lane.BULK, **fields}) for _ in range(count)]
    store.create(messages)
    return [one.client_tag for one in messages]


def take(store: WorkerStore, most: int = 100, lane: Lane = Lane.BULK) -> list[str]:
    """Take the next messages of a lane."""
    return store.take_turns(lane, "process", str(store.redis.incr("number of takes")), most)


def pause(store: WorkerStore) -> None:
    """Pause the group."""
    store.campaigns.change(GROUP, pause_change(store.now()))


def resume(store: WorkerStore) -> None:
    """Resume the group."""
    store.campaigns.change(GROUP, pause_change(None))


def set_speed(store: WorkerStore, rate: str | None = None, window: SendWindow | None = None) -> None:
    """Set pace and window of the group."""
    store.campaigns.change(GROUP, speed_change(Pace.parse(rate) if rate else None, window))
