"""Runs all endpoints, a thread for each, until a signal to stop."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from threading import Event, Thread

import structlog
from redis import Redis
from redis.exceptions import RedisError

from zettai.core.store import MessageStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.event_reader import EventReader
from zettai.core.store.keys import Keys
from zettai_worker.supervisor.signals import STOP, Signals
from zettai_worker.webhooks.delivery import CONCURRENCY, EndpointDelivery
from zettai_worker.webhooks.endpoint_requests import EndpointRequests
from zettai_worker.webhooks.endpoints import Endpoint
from zettai_worker.webhooks.metrics import WebhookMetrics
from zettai_worker.webhooks.settings import WebhookSettings
from zettai_worker.webhooks.storage import EndpointStorage, LostLock

logger = structlog.get_logger("zettai.webhooks")

READER = "delivery"
"""The one reader of each group: a process that takes over gets what the one before has not finished."""

LOCK_MARGIN = timedelta(seconds=10)
"""By how much the lock of an endpoint outlasts a request. If the active process is killed, another one takes over after
this time and `ZETTAI_WEBHOOK_TIMEOUT`.
"""

ASK_EVERY = 1.0
"""Seconds between two tries to become the active process of an endpoint, or to continue after an error."""


def run(settings: WebhookSettings, endpoints: Sequence[Endpoint], metrics: WebhookMetrics) -> None:
    """Deliver the events of all endpoints until SIGTERM or SIGINT, in the main thread.

    Several processes may run, on any hosts: each endpoint is served by one of them.
    """
    stopping = Event()
    with connect(settings.redis_url, retry=UNRETRIED) as redis, Signals() as signals:
        threads = [
            Thread(target=_serve, args=(endpoint, settings, redis, metrics, stopping), name=f"webhook-{endpoint.name}")
            for endpoint in endpoints
        ]
        for thread in threads:
            thread.start()
        logger.info("webhooks_started", endpoints=[endpoint.name for endpoint in endpoints])
        try:
            while not STOP.intersection(signals.wait(None)):
                pass
        finally:
            stopping.set()
            for thread in threads:
                thread.join()
    logger.info("webhooks_stopped")


def _serve(
    endpoint: Endpoint, settings: WebhookSettings, redis: Redis, metrics: WebhookMetrics, stopping: Event
) -> None:
    """Deliver the events of an endpoint whenever no other process does. Errors end nothing: it is tried again."""
    while not stopping.is_set():
        try:
            _deliver_if_active(endpoint, settings, redis, metrics, stopping)
        except LostLock:
            logger.warning("webhook_lock_lost", endpoint=endpoint.name)
        except RedisError as error:  # its text can contain the URL
            logger.warning("webhook_interrupted", endpoint=endpoint.name, error=type(error).__name__)
        except Exception:
            logger.exception("webhook_crashed", endpoint=endpoint.name)
        stopping.wait(ASK_EVERY)


def _deliver_if_active(
    endpoint: Endpoint, settings: WebhookSettings, redis: Redis, metrics: WebhookMetrics, stopping: Event
) -> None:
    keys = Keys(settings.key_prefix)
    timeout = settings.webhook_timeout.total_seconds()
    storage = EndpointStorage(redis, keys, endpoint.name, timeout + LOCK_MARGIN.total_seconds())
    if not storage.acquire():
        return
    logger.info("webhook_active", endpoint=endpoint.name)
    try:
        reader = EventReader(
            redis, keys, endpoint.reader_group, READER, from_oldest=False, before_read=storage.watch_lock
        )
        with (
            closing(EndpointRequests(endpoint, timeout=timeout, connections=CONCURRENCY)) as requests,
            ThreadPoolExecutor(CONCURRENCY, thread_name_prefix=f"webhook-{endpoint.name}") as executor,
        ):
            EndpointDelivery(
                endpoint,
                settings,
                storage=storage,
                reader=reader,
                store=MessageStore(redis, keys),
                requests=requests,
                executor=executor,
                metrics=metrics,
            ).run(stopping)
    finally:
        storage.release()
