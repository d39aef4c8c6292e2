"""The thread that takes messages from the feed shortly before their slots, and gives them to callers."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import Any, TypeVar

import structlog
from redis.exceptions import RedisError

from zettai.core.redis_problem import describe_redis_error
from zettai.core.store.connection import REDIS_AWAY
from zettai_worker.engine.feed import Batch, Feed

Item = TypeVar("Item")

logger = structlog.get_logger("zettai.engine")

REDIS_PAUSE = 0.5
"""Seconds until the claimer asks again after Redis did not answer."""


class Claimer:
    """Takes messages as long as the feed is open."""

    def __init__(self, feed: Feed, start_calls: Callable[[Batch, Sequence[Any]], None]) -> None:
        """Make the claimer.

        Args:
            feed: where messages wait.
            start_calls: gives taken items of a batch to callers.
        """
        self._feed = feed
        self._start_calls = start_calls
        self._stopping = Event()

    def stop(self) -> None:
        """End a pause at once."""
        self._stopping.set()

    def run(self) -> None:
        """Take messages until the feed is closed."""
        while (batch := self._feed.take()) is not None:
            try:
                items = take_each_if_needed(batch.work.take, batch.client_tags, batch.work.task)
            except REDIS_AWAY as error:
                # What Redis did although its answer was lost is found when the claims time out.
                logger.warning("redis_unavailable", task=batch.work.task, error=describe_redis_error(error))
                if not self._feed.put_back(batch):
                    give_back(batch)
                self._stopping.wait(REDIS_PAUSE)
                continue
            self._feed.sent(batch.lane, len(batch.client_tags) - len(items))
            self._start_calls(batch, items)


def take_each_if_needed(
    take: Callable[[Sequence[str]], Sequence[Item]], client_tags: Sequence[str], task: str
) -> Sequence[Item]:
    """Take messages. If that fails for one of them, the others are taken all the same, each by itself."""
    try:
        return take(client_tags)
    except REDIS_AWAY:
        raise
    except Exception:
        # Whatever is wrong with one message, the others must be sent. The sweep finds it again.
        if len(client_tags) == 1:
            logger.exception("take_failed", task=task, client_tag=client_tags[0])
            return ()
    return [item for tag in client_tags for item in take_each_if_needed(take, [tag], task)]


def give_back(batch: Batch) -> None:
    """Make the messages of a batch due for other workers, as far as Redis can be reached."""
    try:
        batch.work.give_back(batch.client_tags)
    except RedisError as error:
        logger.warning("redis_unavailable", task=batch.work.task, error=describe_redis_error(error))
    else:
        logger.info("messages_returned", task=batch.work.task, count=len(batch.client_tags))
