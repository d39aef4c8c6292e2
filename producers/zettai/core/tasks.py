"""Queues, task names and the Celery configuration that producers and workers share.

A task carries client tags and nothing else: what is personal stays in the store, and the store decides.
"""

import random
from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery
from kombu import Exchange, Queue
from pydantic import AfterValidator, Field

from zettai.core.lanes import Lane
from zettai.core.settings import Settings
from zettai.core.store.connection import UNRETRIED
from zettai.core.store.keys import Keys
from zettai.core.validation import checked_tag

__all__ = [
    "CHUNK",
    "CHUNK_OF_CHECKS",
    "ClientTags",
    "Day",
    "GroupTag",
    "Lane",
    "Publisher",
    "TaskName",
    "celery_config",
]

CHUNK = 48
"""Tags in one task, at most: few enough that a thread is soon free for something more urgent."""

CHUNK_OF_CHECKS = 8
"""The same for status checks: what falls due at once is asked for side by side."""


def _a_day(text: str) -> str:
    date.fromisoformat(text)
    return text


MOST_TAGS = 1_000
"""Tags that a worker takes in one task: twice those of the largest, the check of a day."""

GroupTag = Annotated[str, AfterValidator(checked_tag)]
"""What a worker takes as a tag of a group."""

ClientTags = Annotated[list[Annotated[str, AfterValidator(checked_tag)]], Field(max_length=MOST_TAGS)]
"""What a worker takes as client tags."""

Day = Annotated[str, AfterValidator(_a_day)]
"""What a worker takes as a day."""


class TaskName:
    """The names of the tasks. They stay the same across versions: a worker deletes what it does not know."""

    SEND = "zettai.send"
    """Arguments: a list of client tags."""
    CANCEL = "zettai.cancel"
    """Arguments: a list of client tags with a recorded wish to cancel, reserved at the provider."""
    CANCEL_GROUP = "zettai.cancel_group"
    """Arguments: the group tag."""
    CANCEL_ALL = "zettai.cancel_all"
    """Arguments: the client id, as confirmation."""
    CHECK = "zettai.check"
    """Arguments: a list of client tags."""
    CHECK_DAY = "zettai.check_day"
    """Arguments: the day of sending (`YYYY-MM-DD`), a list of client tags."""
    PUBLISH_DUE = "zettai.publish_due"
    SWEEP = "zettai.sweep"
    PURGE = "zettai.purge"
    COMPARE_RESERVATIONS = "zettai.compare_reservations"
    COMPARE_STATUSES = "zettai.compare_statuses"


def celery_config(settings: Settings) -> dict[str, Any]:
    """The configuration of every Celery app on this broker: the shortest visibility time-out of all would win."""
    return {
        "broker_url": settings.redis_url,
        "broker_transport_options": _transport_options(settings),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_limit": 10,
        "task_queues": [Queue(lane, Exchange(lane), routing_key=lane) for lane in Lane],
        "task_default_queue": Lane.NORMAL,
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_send_sent_event": False,
        "enable_utc": True,
    }


def _transport_options(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {
        "global_keyprefix": Keys(settings.key_prefix).broker,
        "queue_order_strategy": "priority",
        # Above the longest wait of one message. A whole chunk may take longer: a second copy of it finds nothing to do.
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "unacked_restore_limit": 100,
        "unacked_mutex_expire": 30,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
    }
    if settings.redis_url.startswith("redis+socket://"):
        del options["socket_keepalive"]
    if settings.redis_url.startswith("sentinel://"):
        query = urlsplit(settings.redis_url.rsplit(";", maxsplit=1)[-1]).query
        options["sentinel_kwargs"] = {"socket_timeout": options["socket_connect_timeout"], "retry": UNRETRIED}
        options["master_name"] = parse_qs(query).get("master", ["mymaster"])[0]
    return options


class Publisher:
    """Puts tasks into the lanes' queues. Only names and tags are known here, never the worker's code."""

    def __init__(self, settings: Settings) -> None:
        self._app = Celery("zettai-producer", set_as_current=False)
        self._app.conf.update(celery_config(settings))

    def publish(self, task: str, lane: Lane, *arguments: object) -> None:
        """Publish one task.

        Raises:
            kombu.exceptions.OperationalError: the broker did not take it.
        """
        self._app.send_task(task, args=arguments, queue=lane)

    def publish_tags(self, task: str, lane: Lane, tags: Sequence[str], *, most: int = CHUNK) -> None:
        """Publish tasks for many tags, a chunk of at most so many each."""
        rest = iter(tags)
        # Of many sizes: of one, the threads of a worker would come to the end of their chunks all at once.
        while chunk := list(islice(rest, random.randint(most // 2, most))):  # noqa: S311
            self.publish(task, lane, chunk)

    def close(self) -> None:
        """Close the connections to the broker."""
        self._app.close()
