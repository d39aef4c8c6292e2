"""Beat: publishes the ticks that Redis hands out. Any number of beats may run, and none of them leads."""

from datetime import timedelta
from typing import Any

import structlog
from celery.beat import Scheduler
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from zettai.core.errors import IncompatibleStore
from zettai.core.publisher import Publisher
from zettai.core.redis_problem import describe_redis_error
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.layout import check_store
from zettai_worker.settings import WorkerSettings
from zettai_worker.ticks import Ticks

logger = structlog.get_logger("zettai.beat")

ASK_INTERVAL = timedelta(seconds=1)
"""The longest wait until beat asks for ticks again."""

REDIS_TIMEOUT = timedelta(seconds=2)
"""How long to wait for an answer, and for a connection. Then beat asks again, on a new connection."""


class RedisClockScheduler(Scheduler):
    """A scheduler of Celery's beat that uses neither the clock of its host, nor a lock.

    Redis decides which tick is due (see `Ticks`). So a beat that is killed, or that runs on a host with a wrong clock,
    does not delay the ticks: the other beats get them. While Redis is away, beat asks again each second.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        settings = WorkerSettings.load()
        try:
            check_store(settings)
        except IncompatibleStore as error:
            raise SystemExit(f"zettai: {error}") from None
        redis = connect(settings.redis_url, retry=UNRETRIED, timeout=REDIS_TIMEOUT)
        self._ticks = [Ticks(redis, settings.for_account(account)) for account in settings.account_names]
        self._publisher = Publisher(settings, timeout=REDIS_TIMEOUT)
        self._is_redis_away = False
        super().__init__(*args, **options)

    def setup_schedule(self) -> None:
        """Do nothing: the schedule is in `Ticks`."""

    def tick(self, *_: Any, **__: Any) -> float:
        """Publish the ticks that are due. Return how many seconds to sleep."""
        waits = [ASK_INTERVAL]
        try:
            for of_account in self._ticks:
                ticks, wait = of_account.hand_out()
                for tick in ticks:
                    self._publisher.publish(
                        tick.job.name, tick.job.lane, tick.handed_out_at, account=of_account.account
                    )
                waits.append(wait or ASK_INTERVAL)
        except (RedisError, OperationalError) as error:
            # A tick that was handed out and not published counts as lost soon, and is handed out again.
            if not self._is_redis_away:
                logger.warning("redis_unavailable", error=describe_redis_error(error))
            self._is_redis_away = True
        else:
            if self._is_redis_away:
                logger.info("redis_available")
            self._is_redis_away = False
        return min(waits).total_seconds()
