"""Runs the endpoints of the file, a thread for each, until a signal to stop. A change of the file needs no restart."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from threading import Event, Thread
from typing import NamedTuple

import structlog
from redis import Redis
from redis.exceptions import RedisError

from zettai.core.redis_problem import describe_redis_error
from zettai.core.store import MessageStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.event_reader import EventReader
from zettai.core.store.keys import Keys
from zettai.core.watched_file import CHECK_EVERY, WatchedFile
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


def run(settings: WebhookSettings, file: WatchedFile[Sequence[Endpoint]], metrics: WebhookMetrics) -> None:
    """Deliver the events of all endpoints until SIGTERM or SIGINT, in the main thread.

    Several processes may run, on any hosts: each endpoint is served by one of them.
    """
    with connect(settings.redis_url, retry=UNRETRIED) as redis, Signals() as signals:
        services = EndpointServices(settings, redis, metrics)
        try:
            services.serve(file.value)
            logger.info("webhooks_started", endpoints=[endpoint.name for endpoint in file.value])
            while not STOP.intersection(signals.wait(CHECK_EVERY.total_seconds())):
                try:
                    if file.read_if_changed():
                        services.serve(file.value)
                        logger.info("webhook_endpoints_read", endpoints=[endpoint.name for endpoint in file.value])
                except ValueError as error:  # it quotes no value of the file
                    logger.error(  # noqa: TRY400
                        "webhook_endpoints_not_read", error=str(error), consequence="the previous endpoints stay valid"
                    )
        finally:
            services.serve([])
    logger.info("webhooks_stopped")


class _Running(NamedTuple):
    endpoint: Endpoint
    stopping: Event
    thread: Thread


class EndpointServices:
    """The endpoints that this process serves, a thread for each."""

    def __init__(self, settings: WebhookSettings, redis: Redis, metrics: WebhookMetrics) -> None:
        """Serve no endpoint yet. For the arguments see `EndpointService`."""
        self._settings = settings
        self._redis = redis
        self._metrics = metrics
        self._running: dict[str, _Running] = {}

    def serve(self, endpoints: Sequence[Endpoint]) -> None:
        """Serve these endpoints and no others. One that has not changed goes on.

        Requests in flight to an endpoint that changed or was removed end first.
        """
        wanted = {one.name: one for one in endpoints}
        outdated = [one for one in self._running.values() if wanted.get(one.endpoint.name) != one.endpoint]
        for one in outdated:
            one.stopping.set()
        for one in outdated:
            one.thread.join()
            del self._running[one.endpoint.name]
        for name in wanted.keys() - self._running.keys():
            self._running[name] = self._start(wanted[name])

    def _start(self, endpoint: Endpoint) -> _Running:
        stopping = Event()
        service = EndpointService(endpoint, self._settings, self._redis, self._metrics, stopping)
        thread = Thread(target=service.run, name=f"webhook-{endpoint.name}")
        thread.start()
        return _Running(endpoint, stopping, thread)


class EndpointService:
    """Serves one endpoint in a thread of its own, whenever no other process does."""

    def __init__(
        self,
        endpoint: Endpoint,
        settings: WebhookSettings,
        redis: Redis,
        metrics: WebhookMetrics,
        stopping: Event,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            endpoint: where events go.
            settings: the times.
            redis: connections that do not retry: a repeated count would be wrong.
            metrics: what this process counts.
            stopping: ends `run`.
        """
        self._endpoint = endpoint
        self._settings = settings
        self._redis = redis
        self._metrics = metrics
        self._stopping = stopping
        self._keys = Keys(settings.key_prefix)
        lock_time = (settings.webhook_timeout + LOCK_MARGIN).total_seconds()
        self._storage = EndpointStorage(redis, self._keys, endpoint.name, lock_time)
        self._was_active = False

    def run(self) -> None:
        """Deliver until the process stops. No error ends it: after a second it is tried again."""
        name = self._endpoint.name
        while not self._stopping.is_set():
            try:
                if self._storage.acquire():
                    self._deliver()
            except LostLock:
                logger.warning("webhook_lock_lost", endpoint=name)
            except RedisError as error:  # its text can contain the URL
                logger.warning("webhook_interrupted", endpoint=name, error=describe_redis_error(error))
            except Exception:
                logger.exception("webhook_crashed", endpoint=name)
            self._stopping.wait(ASK_EVERY)
        with suppress(RedisError):  # it expires
            self._storage.release()

    def _deliver(self) -> None:
        """Deliver until the process stops or an error occurs. No request is in flight afterwards."""
        logger.info("webhook_active", endpoint=self._endpoint.name)
        # If Redis has lost its data since, the group is new and has missed nothing that is in the stream.
        store = MessageStore(self._redis, self._keys, secrets=self._settings.secret_keys())
        reader = EventReader(
            store,
            self._endpoint.reader_group,
            READER,
            from_oldest=self._was_active,
            before_read=self._storage.watch_lock,
        )
        self._was_active = True
        timeout = self._settings.webhook_timeout.total_seconds()
        with (
            closing(EndpointRequests(self._endpoint, timeout=timeout, connections=CONCURRENCY)) as requests,
            ThreadPoolExecutor(CONCURRENCY, thread_name_prefix=f"webhook-{self._endpoint.name}") as executor,
        ):
            EndpointDelivery(
                self._endpoint,
                self._settings,
                storage=self._storage,
                reader=reader,
                store=store,
                requests=requests,
                executor=executor,
                metrics=self._metrics,
            ).run(self._stopping)
