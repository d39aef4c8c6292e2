"""Jobs of beat: each message that is not final has a task in a queue, or a time at which one is published.

Each job may run twice at the same time: it claims what is due, and the store ignores updates that come too late.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

import structlog

from zettai.core.lanes import SENDING_LANES, TURN_LANES, Lane
from zettai.core.message import Message
from zettai.core.publisher import Publisher
from zettai.core.states import AT_PROVIDER, State
from zettai.core.store import WorkerStore
from zettai.core.tasks import CHUNK_OF_CHECKS, TaskName, send_task_of
from zettai.core.times import JST
from zettai_worker.following.cancel_rules import lane_of
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.settings import WorkerSettings

logger = structlog.get_logger("zettai.reconciliation")

PUBLISH_DUE, SWEEP, PURGE = "publish_due", "sweep", "purge"
"""The jobs of this module, under which the times of their last runs are stored."""

GROUP_WAIT = timedelta(minutes=1)
"""How long a group in which all messages were suppressed waits for more messages, before it is reported as finished."""

STATUS_BACKLOG = 50
"""When the status queue has more tasks than this, due checks stay in their index, where they cost nothing. The tasks
last until the next look at the whole limit. With more, checks wait in queues beyond their claim while sends use the
limit. Then they are published again, and asked for twice.
"""

BY_DAY_FROM = 20
"""One call for a whole day is considered when at least so many of its messages are due for a check."""

MOST_ROWS = 100_000
"""Most rows of one call: an answer of about 30 MB, which a worker reads in one or two seconds."""

SEARCH_STEPS = 20
"""Steps of the search for suppressed reservations in one run: 10,000 reservations, which take a tenth of a second. So a
million takes a minute, and publishing is hardly delayed.
"""

ROWS_PER_CALL = 30
"""So many rows of a day's answer take about as much time to parse as one more call takes."""


class Reconciler:
    """Finds messages that need a task, and publishes one."""

    def __init__(
        self, store: WorkerStore, publisher: Publisher, settings: WorkerSettings, metrics: WorkerMetrics
    ) -> None:
        self._store = store
        self._publisher = publisher
        self._settings = settings
        self._metrics = metrics

    def publish_due(self) -> None:
        """Publish tasks for messages whose next attempt or check is due, or whose claim has ended."""
        while self._publish_due(self._store.find_resumable()):
            pass
        self._publish_due(self._store.find_probes())
        while tags := self._store.claim_due_to_send(claim_timeout=self._settings.lease):
            self._publish_due(tags)
        self._publish_turns()
        self._publish_due_checks()
        self._cancel_suppressed()
        self._store.record_run(PUBLISH_DUE)

    def sweep(self) -> None:
        """Publish a new task for each message whose task was lost, and report groups with suppressed messages only."""
        grace = self._settings.sweep_interval
        for lane in TURN_LANES:
            self._report_lost(lane, self._store.put_back_unclaimed(lane, grace=grace))
            self._end_expired(lane)
        for lane in SENDING_LANES:
            while tags := self._store.find_lost_tasks(lane, grace=grace):
                self._publish_due(tags)
                self._report_lost(lane, len(tags))
        self._store.report_emptied_groups(after=GROUP_WAIT)
        self._store.record_run(SWEEP)

    def purge(self) -> None:
        """Delete old counts of parts, and the messages that reached a final state before the retention time."""
        purged = self._store.purge(retention=self._settings.retention)
        self._store.purge_billed_parts()
        self._store.purge_spent()
        logger.info("messages_purged", count=purged)
        self._store.record_run(PURGE)

    def _report_lost(self, lane: Lane, count: int) -> None:
        if count:
            self._metrics.corrections.labels(what="lost_task").inc(count)
            logger.warning("lost_tasks_found", lane=lane, count=count)

    def _end_expired(self, lane: Lane) -> None:
        """End the expired messages of groups that are paused, or wait for their window or pace."""
        for group in self._store.waiting_groups(lane):
            while tags := self._store.find_expired(lane, group):
                self._publish_due(tags)

    def _publish_due_checks(self) -> None:
        """Publish tasks for due status checks, while the status queue is short."""
        timeout = 5 * self._settings.lease
        while not self._is_status_queue_long() and (tags := self._store.claim_due_to_check(claim_timeout=timeout)):
            self._publish_checks(tags)

    def _cancel_suppressed(self) -> None:
        """Go on with the search for reservations whose number is suppressed, and publish tasks that cancel them."""
        for _ in range(SEARCH_STEPS):
            tags, is_complete = self._store.search_reservations()
            if tags:
                self._publisher.publish_tags(TaskName.CANCEL, Lane.NORMAL, tags)
                logger.info("suppressed_reservations_found", count=len(tags))
            if is_complete:
                return

    def _publish_due(self, tags: Sequence[str]) -> bool:
        """Publish tasks for the messages that can be sent; return whether there is any."""
        hold_for, give_up_after = self._settings.hold_for, self._settings.give_up_after
        ready = self._store.process_due(tags, held_for=hold_for, give_up_after=give_up_after) if tags else {}
        for lane, of_lane in ready.items():
            self._publisher.publish_tags(send_task_of(lane), lane, of_lane)
        return bool(ready)

    def _publish_turns(self) -> None:
        """Publish tasks for messages that wait for turns while too few tasks do."""
        for lane in TURN_LANES:
            if tags := self._store.find_turns(lane):
                self._publisher.publish_tags(send_task_of(lane), lane, tags)

    def _is_status_queue_long(self) -> bool:
        return self._store.queue_length(Lane.STATUS) > STATUS_BACKLOG

    def _publish_checks(self, tags: Sequence[str]) -> None:
        canceling: defaultdict[Lane, list[str]] = defaultdict(list)
        unknown: list[str] = []
        by_day: defaultdict[date, list[str]] = defaultdict(list)
        for message in self._store.get(tags):
            if message is None:
                continue
            if message.state is State.SUBMIT_UNKNOWN:
                unknown.append(message.client_tag)
            elif message.state is State.SCHEDULED and message.cancel_requested:
                canceling[lane_of(message)].append(message.client_tag)
            elif message.state in AT_PROVIDER:
                by_day[_sent_day(message)].append(message.client_tag)
        self._publisher.publish_tags(TaskName.LOOK_UP, Lane.STATUS, unknown, most=CHUNK_OF_CHECKS)
        for lane, tags_of_lane in canceling.items():
            self._publisher.publish_tags(TaskName.CANCEL, lane, tags_of_lane)
        for day, due in by_day.items():
            if self._one_call_is_cheaper(day, len(due)):
                self._publisher.publish(TaskName.CHECK_DAY, Lane.STATUS, day.isoformat(), due)
            else:
                self._publisher.publish_tags(TaskName.CHECK, Lane.STATUS, due, most=CHUNK_OF_CHECKS)

    def _one_call_is_cheaper(self, day: date, due: int) -> bool:
        """Whether one call for all messages of the day costs less than one call for each due message."""
        if due < BY_DAY_FROM or self._store.has_day_failed(day):
            return False
        return self._store.sent_since(day) <= min(due * ROWS_PER_CALL, MOST_ROWS)


def _sent_day(message: Message) -> date:
    return (message.sent_at or message.since).astimezone(JST).date()
