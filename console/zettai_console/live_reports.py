"""Reports about campaigns, for pages that update themselves.

A report reads each message of its group. So one thread computes them, one after the other, and each report is shown
until it is several times as old as it took. However many pages are open, Redis has the load of one reader.
"""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock
from time import monotonic

import structlog
from redis.exceptions import RedisError

from zettai.campaign_report.reading import read_report
from zettai.campaign_report.statistics import Report
from zettai.core.errors import LedgerUnavailable
from zettai.core.store import WorkerStore

logger = structlog.get_logger("zettai.console")

FRESH = 2.0
"""Seconds for which a report is shown at least."""

SHARE = 5
"""A report is shown until it is so many times as old as it took to compute."""

PATIENCE = 1.0
"""Seconds that a page waits for a report that is being computed. Most take less."""

KEPT = 50
"""Groups whose latest report is kept."""

Read = Callable[[str, str | None], Report]
"""Computes the report about a group: about the messages of an owner, or with None about all."""


def read_by(store: WorkerStore) -> Read:
    """Return a function that computes reports from the messages of a store."""
    return lambda group, owner: read_report(store, group, owner=owner)


@dataclass(slots=True)
class _Entry:
    """What is known about a group: its latest report, until when it is fresh, and its latest computation."""

    report: Report | None = None
    fresh_until: float = 0.0
    running: Future[Report] | None = None


class LiveReports:
    """Computes reports, and keeps the latest one of each group."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="zettai-reports")
        self._entries: OrderedDict[tuple[str, str | None], _Entry] = OrderedDict()
        self._lock = Lock()

    def get(self, group: str, owner: str | None = None) -> Report | None:
        """Return the latest report about a group. None if there is none yet: ask again soon.

        Args:
            group: the group.
            owner: only messages of this owner count; None for those of any.

        Raises:
            LedgerUnavailable: Redis did not answer.
        """
        with self._lock:
            entry = self._entries.setdefault((group, owner), _Entry())
            self._entries.move_to_end((group, owner))
            while len(self._entries) > KEPT:
                self._entries.popitem(last=False)
            is_running = entry.running is not None and not entry.running.done()
            if not is_running and monotonic() >= entry.fresh_until:
                entry.running = self._threads.submit(self._compute, group, owner, entry)
            running = entry.running
        if running is not None:
            try:
                return running.result(PATIENCE)
            except TimeoutError:
                return entry.report
            except RedisError:
                raise LedgerUnavailable from None
        return entry.report

    def close(self) -> None:
        """End the thread after the report that it computes."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _compute(self, group: str, owner: str | None, entry: _Entry) -> Report:
        started = monotonic()
        try:
            report = self._read(group, owner)
        except RedisError as error:
            logger.warning("campaign_report_failed", error=type(error).__name__)
            raise
        took = monotonic() - started
        entry.report, entry.fresh_until = report, monotonic() + max(FRESH, SHARE * took)
        return report
