"""The Celery configuration that producers and workers share."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from kombu import Exchange, Queue
from redis.backoff import NoBackoff
from redis.retry import Retry

from zettai.core.lanes import Lane, queue_name
from zettai.core.settings import Settings
from zettai.core.store.keys import Keys

SOCKET_TIMEOUT = timedelta(seconds=10)
"""How long a worker waits for an answer of the broker."""

CONNECT_TIMEOUT = timedelta(seconds=3)
"""How long a worker waits for a connection to the broker."""


def celery_config(settings: Settings, *, timeout: timedelta | None = None) -> dict[str, Any]:
    """Return the configuration of a Celery app.

    All apps on a broker need the same one: the shortest visibility timeout of them all applies to each task.

    Args:
        settings: of the app.
        timeout: for each connection to the broker and for each of its answers, in place of those of a worker.
    """
    return {
        "broker_url": _broker_url(settings.redis_url),
        "broker_transport_options": _transport_options(settings, timeout),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_pool_limit": 10,
        "task_queues": [
            Queue(name, Exchange(name), routing_key=name)
            for lane in Lane
            for name in (queue_name(lane, account) for account in settings.account_names)
        ],
        "task_default_queue": Lane.NORMAL,
        "task_create_missing_queues": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_send_sent_event": False,
        "enable_utc": True,
    }


class _NoRetry(Retry):
    """`UNRETRIED`, in a form that a worker can show: its transport options are part of its answer to `stats`."""

    def __init__(self) -> None:
        super().__init__(NoBackoff(), retries=0)

    def __json__(self) -> str:
        return "none"


def _broker_url(url: str) -> str:
    """Return the URL for kombu.

    Of a fail-over it passes the query to the connection, which knows no `master`. And it checks no certificate if the
    query of a `rediss://` URL has nothing about TLS.
    """
    if url.startswith("sentinel://"):
        return ";".join(part.partition("?")[0] for part in url.split(";"))
    query = urlsplit(url).query
    if not url.startswith("rediss://") or "ssl_" in query:
        return url
    return f"{url}{'&' if query else '?'}ssl_cert_reqs=required"


def _transport_options(settings: Settings, timeout: timedelta | None) -> dict[str, Any]:
    options: dict[str, Any] = {
        "global_keyprefix": Keys(settings.key_prefix).broker,
        "queue_order_strategy": "priority",
        # In seconds. A worker acknowledges a task as soon as it has its tags, so only a killed worker leaves one.
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "unacked_restore_limit": 100,
        "unacked_mutex_expire": 30,
        "socket_timeout": (timeout or SOCKET_TIMEOUT).total_seconds(),
        "socket_connect_timeout": (timeout or CONNECT_TIMEOUT).total_seconds(),
        "socket_keepalive": True,
    }
    if settings.redis_url.startswith("redis+socket://"):
        del options["socket_keepalive"]
    if settings.redis_url.startswith("sentinel://"):
        query = urlsplit(settings.redis_url.rsplit(";", maxsplit=1)[-1]).query
        options["sentinel_kwargs"] = {"socket_timeout": options["socket_connect_timeout"], "retry": _NoRetry()}
        options["master_name"] = parse_qs(query).get("master", ["mymaster"])[0]
    return options
