"""What beat does: see that every message that is not final has a task on its way, or a time at which somebody looks.

Every run is safe to repeat, and to run twice at once: what is due is leased, and the store refuses what came too late.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

import structlog

from zettai.core.lanes import SENDING_LANES, Lane
from zettai.core.message import Message
from zettai.core.publisher import Publisher
from zettai.core.states import AT_PROVIDER, State
from zettai.core.store import WorkerStore
from zettai.core.tasks import CHUNK_OF_CHECKS, TaskName
from zettai.core.times import JST
from zettai_worker.metrics import counters as metrics
from zettai_worker.settings import WorkerSettings

logger = structlog.get_logger("zettai.reconciliation")

PUBLISH_DUE, SWEEP, PURGE = "publish_due", "sweep", "purge"
"""The rounds of this module, as the time of their last run is noted."""

STATUS_BACKLOG = 200
"""Tasks in the status queue above which due checks stay in the index, where they cost nothing."""

BY_DAY_FROM = 20
"""Due messages of one day from which one call for the whole day is considered."""

MOST_ROWS = 100_000
"""Rows that are asked for at once: an answer of about 30 MB, which a worker still reads in a second or two."""

ROWS_PER_CALL = 30
"""Rows of a day's answer that cost about as much as one more call: parsing against a slot and a round trip."""


class Reconciler:
    """Finds what must go on, and publishes tasks for it."""

    def __init__(self, store: WorkerStore, publisher: Publisher, settings: WorkerSettings) -> None:
        self._store = store
        self._publisher = publisher
        self._settings = settings

    def publish_due(self) -> None:
        """Publish tasks for messages whose next try, next check, or lease's end has come."""
        while self._publish_due(self._store.find_resumable()):
            pass
        while tags := self._store.claim_due_to_send(claim_timeout=self._settings.lease):
            self._publish_due(tags)
        if not self._store.is_circuit_open():
            self._publish_due_checks()
        self._store.record_run(PUBLISH_DUE)

    def sweep(self) -> None:
        """Publish new tasks for messages that lost theirs."""
        for lane in SENDING_LANES:
            while tags := self._store.find_lost_tasks(lane, grace=self._settings.sweep_interval):
                self._publisher.publish_tags(TaskName.SEND, lane, tags)
                metrics.CORRECTED.labels(what="lost_task").inc(len(tags))
                logger.warning("lost_tasks_found", lane=lane, count=len(tags))
        self._store.record_run(SWEEP)

    def purge(self) -> None:
        """Delete what came to its end longer ago than the retention time."""
        purged = self._store.purge(retention=self._settings.retention)
        logger.info("purged", count=purged)
        self._store.record_run(PURGE)

    def _publish_due_checks(self) -> None:
        """Publish tasks for status checks, as far as those at hand do not suffice."""
        timeout = 5 * self._settings.lease
        while not self._status_is_busy() and (tags := self._store.claim_due_to_check(claim_timeout=timeout)):
            self._publish_checks(tags)

    def _publish_due(self, tags: Sequence[str]) -> bool:
        """Publish tasks for those that are ready to be sent; tells whether any was."""
        ready = self._store.process_due(tags, held_for=self._settings.hold_for) if tags else {}
        for lane, of_lane in ready.items():
            self._publisher.publish_tags(TaskName.SEND, lane, of_lane)
        return bool(ready)

    def _status_is_busy(self) -> bool:
        return self._store.queue_length(Lane.STATUS) > STATUS_BACKLOG

    def _publish_checks(self, tags: Sequence[str]) -> None:
        canceling: list[str] = []
        by_day: defaultdict[date, list[str]] = defaultdict(list)
        for message in self._store.get(tags):
            if message is None or message.state not in AT_PROVIDER:
                continue
            if message.state is State.SCHEDULED and message.cancel_requested:
                canceling.append(message.client_tag)
            else:
                by_day[_day_of_sending(message)].append(message.client_tag)
        self._publisher.publish_tags(TaskName.CANCEL, Lane.URGENT, canceling)
        for day, due in by_day.items():
            if self._one_call_is_cheaper(day, len(due)):
                self._publisher.publish(TaskName.CHECK_DAY, Lane.STATUS, day.isoformat(), due)
            else:
                self._publisher.publish_tags(TaskName.CHECK, Lane.STATUS, due, most=CHUNK_OF_CHECKS)

    def _one_call_is_cheaper(self, day: date, due: int) -> bool:
        """Whether the answer for a whole day costs less than a call for each message that is due."""
        return due >= BY_DAY_FROM and self._store.sent_since(day) <= min(due * ROWS_PER_CALL, MOST_ROWS)


def _day_of_sending(message: Message) -> date:
    return (message.sent_at or message.since).astimezone(JST).date()
