"""The comparisons that beat starts: which days they compare, one process at a time.

Two runs at the same time do no harm, because each update expects the state that it saw. They only cost calls.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta

import structlog
from redis.exceptions import LockError
from redis.lock import Lock

from zettai.core.store import WorkerStore
from zettai.core.times import JST
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError
from zettai_worker.reconciliation.comparison import Comparison
from zettai_worker.reconciliation.comparison_log import ComparisonLog
from zettai_worker.reconciliation.differences import Difference

logger = structlog.get_logger("zettai.reconciliation")

RESERVATIONS, STATUSES = "reservations", "statuses"

RESERVATIONS_INTERVAL = timedelta(minutes=10)
"""How often reservations are compared with those of the provider. A run costs about 32 calls for each
sender code, and the rate limit allows 360,000 in this time. The alert `ZettaiComparisonLate` expects a run in an hour.
"""

STATUSES_INTERVAL = timedelta(hours=1)
"""How often the statuses of the day are compared with those of the provider. It is longer, because one answer has all
messages of the day. The alert `ZettaiComparisonLate` expects a run in 3 hours.
"""

RESERVATIONS_AHEAD = timedelta(days=31)
"""How far ahead to look for reservations that the store does not know. A day with one of ours is always compared."""

YESTERDAY_UNTIL = timedelta(hours=6)
"""How long after midnight the day before is compared too."""

MOST_FAILED_DAYS = 3
"""After so many failed days a run ends: the provider is down. A list that cannot be read does not stop the other days.
"""

LOCK_TIMEOUT = timedelta(minutes=5)
"""How long a run that was killed prevents the next run."""


class ComparisonRuns:
    """Runs the comparisons, and logs what they find."""

    def __init__(self, store: WorkerStore, comparison: Comparison) -> None:
        self._store = store
        self._comparison = comparison

    def compare_reservations(self) -> None:
        """Compare the reservations of each day, in both directions."""
        reserved = self._comparison.reserved_tags_by_day()
        days = reservation_days(self._comparison.today(), reserved)
        self._run(RESERVATIONS, days, lambda day: self._comparison.reservations(day, reserved.get(day, {})))

    def compare_statuses(self) -> None:
        """Compare the statuses of today, and until 6 in the morning those of yesterday."""
        self._run(STATUSES, status_days(self._store.now()), self._comparison.statuses)

    def _run(self, job: str, days: list[date], compare: Callable[[date], Iterator[list[Difference]]]) -> None:
        if self._store.is_circuit_open():
            logger.info("comparison_skipped", job=job, reason="the provider is down")
            return
        with self._lock(job) as lock:
            if lock is None:
                logger.info("comparison_skipped", job=job, reason="another process is comparing")
                return
            log, failed = ComparisonLog(job), 0
            for day in days:
                try:
                    for batch in compare(day):
                        log.add(batch, self._comparison.correct(batch))
                        with suppress(LockError):
                            lock.reacquire()
                except (ProviderError, LimiterError) as error:
                    logger.warning("comparison_failed", job=job, day=day.isoformat(), error=str(error))
                    failed += 1
                    if failed == MOST_FAILED_DAYS:
                        break
            log.finish()
            if not failed:
                self._store.record_run(job)
                logger.info("comparison_completed", job=job, changed=log.changed, differences=log.counts.total())

    @contextmanager
    def _lock(self, job: str) -> Iterator[Lock | None]:
        """Hold the job's lock. Yield None if another process holds it."""
        lock = self._store.redis.lock(
            self._store.keys.job_lock(job), timeout=LOCK_TIMEOUT.total_seconds(), blocking=False
        )
        if not lock.acquire():
            yield None
            return
        try:
            yield lock
        finally:
            with suppress(LockError):
                lock.release()


def reservation_days(today: date, reserved: Iterable[date]) -> list[date]:
    """Return the days whose reservations are compared. The provider lists none of the past."""
    near = {today + timedelta(days=number) for number in range(RESERVATIONS_AHEAD.days + 1)}
    return sorted(near | {day for day in reserved if day >= today})


def status_days(now: datetime) -> list[date]:
    """Return the days whose statuses are compared."""
    local = now.astimezone(JST)
    return sorted({local.date(), (local - YESTERDAY_UNTIL).date()})
