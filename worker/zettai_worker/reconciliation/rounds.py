"""The rounds that beat asks for: which days are compared, by one process at a time, and how that is told.

A second run at the same time would do no harm, since each order demands the state that it saw; it would cost calls.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
from zettai_worker.reconciliation.differences import Difference, What

logger = structlog.get_logger("zettai.reconciliation")

RESERVATIONS, STATUSES = "reservations", "statuses"

HORIZON = timedelta(days=31)
"""How far ahead reservations are looked for that the store does not know; its own are compared however far."""

AFTER_MIDNIGHT = timedelta(hours=6)
"""Until so long after midnight the day before is compared too."""

LOCKED_FOR = timedelta(minutes=5)
"""A round that was killed stands in the way of others for so long."""

SHOWN = 20
"""Tags of one kind that a log line holds at most."""


class Rounds:
    """Compares with the provider, as beat asks for it."""

    def __init__(self, store: WorkerStore, comparison: Comparison) -> None:
        self._store = store
        self._comparison = comparison

    def reservations(self) -> None:
        """Compare reservations, day by day and both ways."""
        reserved = self._comparison.reserved_by_day()
        days = days_ahead(self._comparison.today(), reserved)
        self._round(RESERVATIONS, (found for day in days for found in self._of_reserved(day, reserved)))

    def statuses(self) -> None:
        """Compare the statuses of today, and for some hours those of yesterday."""
        days = days_behind(self._store.now())
        self._round(STATUSES, (found for day in days for found in self._comparison.statuses(day)))

    def _of_reserved(self, day: date, reserved: dict[date, list[str]]) -> Iterator[list[Difference]]:
        return self._comparison.reservations(day, reserved.get(day, []))

    def _round(self, job: str, batches: Iterator[list[Difference]]) -> None:
        if self._store.is_circuit_open():
            logger.info("comparison_skipped", job=job, reason="the provider is down")
            return
        with self._alone(job) as lock:
            if lock is None:
                logger.info("comparison_skipped", job=job, reason="another one is under way")
                return
            diary = _Diary(job)
            try:
                for batch in batches:
                    diary.note(batch, self._comparison.apply_updates(batch))
                    with suppress(LockError):
                        lock.reacquire()
            except (ProviderError, LimiterError) as error:
                logger.warning("comparison_failed", job=job, error=str(error))
                return
            finally:
                diary.report()
            self._store.record_run(job)
            logger.info("compared", job=job, changed=diary.changed, differences=diary.counts.total())

    @contextmanager
    def _alone(self, job: str) -> Iterator[Lock | None]:
        """Hold the job's lock; None where another process does."""
        lock = self._store.redis.lock(
            self._store.keys.job_lock(job), timeout=LOCKED_FOR.total_seconds(), blocking=False
        )
        if not lock.acquire():
            yield None
            return
        try:
            yield lock
        finally:
            with suppress(LockError):
                lock.release()


def days_ahead(today: date, reserved: Iterable[date]) -> list[date]:
    """The days whose reservations are compared: the provider lists none of the past."""
    near = {today + timedelta(days=number) for number in range(HORIZON.days + 1)}
    return sorted(near | {day for day in reserved if day >= today})


def days_behind(now: datetime) -> list[date]:
    """The days whose statuses are compared."""
    local = now.astimezone(JST)
    return sorted({local.date(), (local - AFTER_MIDNIGHT).date()})


class _Diary:
    """What a round came upon: corrections a line each, the rest summed up at its end."""

    def __init__(self, job: str) -> None:
        self.changed = 0
        self.counts: Counter[str] = Counter()
        self._job = job
        self._reported: defaultdict[str, list[str]] = defaultdict(list)

    def note(self, batch: Sequence[Difference], changed: Sequence[Difference]) -> None:
        """Take note of what was found, and of what was put right."""
        self.changed += len(changed)
        for one in changed:
            if one.what is not What.MOVED_ON:
                logger.warning(
                    "difference_corrected", client_tag=one.client_tag, what=one.what, was=one.store, state=one.becomes
                )
        for one in batch:
            self.counts[one.what] += 1
            if one.what is What.PROMISE_BROKEN and one.orders:
                logger.error("promise_broken", client_tag=one.client_tag, state=one.store, provider=one.provider)
            if one.becomes is None and len(self._reported[one.what]) < SHOWN:
                self._reported[one.what].append(one.client_tag)

    def report(self) -> None:
        """Tell what nobody could put right, a line for each kind, with a few tags as examples."""
        for what, tags in self._reported.items():
            logger.warning(
                "differences_reported", job=self._job, what=what, count=self.counts[what], examples=" ".join(tags)
            )
