"""The comparison of one day: its calls to the provider, and the records that it reads and corrects.

A day costs one call, and one or two more for each reservation that is missing in its list. Rows are processed in
batches, so that memory stays flat beside the provider's answer itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import TypeVar

from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store import WorkerStore
from zettai.core.store.store import BATCH
from zettai.core.times import JST
from zettai_worker.limiter import Limiter
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import ProviderClient, Refused, Reservation, ResponseCode, Status
from zettai_worker.reconciliation.comparison_rules import (
    compare_missing_reservation,
    compare_missing_status,
    compare_reservation,
    compare_status,
)
from zettai_worker.reconciliation.differences import Difference, DifferenceKind
from zettai_worker.sending.before_send import wait_for_slot
from zettai_worker.settings import WorkerSettings

Row = TypeVar("Row", Status, Reservation)

Item = TypeVar("Item")


class Comparison:
    """Compares days. Methods that call the provider raise `ProviderError` and `LimiterError`."""

    def __init__(
        self,
        store: WorkerStore,
        provider: ProviderClient,
        limiter: Limiter,
        settings: WorkerSettings,
        metrics: WorkerMetrics,
    ) -> None:
        self._store = store
        self._provider = provider
        self._settings = settings
        self._metrics = metrics
        self._before_send = wait_for_slot(limiter, Lane.STATUS, settings.slot_wait)
        for kind in DifferenceKind:  # Prometheus does not see the first increase of a series that did not exist before.
            metrics.uncorrected.labels(what=kind)
            metrics.corrections.labels(what=kind)

    def today(self) -> date:
        """Return the day in Japan, by the clock of Redis."""
        return self._store.now().astimezone(JST).date()

    def now(self) -> datetime:
        """Return the time of Redis."""
        return self._store.now()

    def reserved_tags_by_day(self) -> dict[date, list[str]]:
        """Return the tags of the reservations in the store, by the day of their send time.

        Reservations whose cancellation is requested are left out: their cancellation finds out what became of them.
        """
        by_day: defaultdict[date, list[str]] = defaultdict(list)
        for message in self._store.find(state=State.SCHEDULED):
            if message.send_at is not None and not message.cancel_requested:
                by_day[message.send_at.astimezone(JST).date()].append(message.client_tag)
        return dict(by_day)

    def statuses(self, day: date) -> Iterator[list[Difference]]:
        """Yield the differences of the messages sent on a day, in batches."""
        asked_at = self._store.now()
        rows = self._provider.statuses_of(day, before_send=self._before_send)
        for batch in _batches(rows):
            yield [found for found in self._compare_statuses(batch) if found is not None]
        yield from self._missing_statuses(day, frozenset(row.client_tag for row in rows), asked_at)

    def reservations(self, day: date, reserved: Sequence[str]) -> Iterator[list[Difference]]:
        """Yield the differences of the reservations for a day, in both directions, in batches.

        Args:
            day: today or later.
            reserved: the tags that were reserved in the store for that day before this call.
        """
        rows = self._provider.check_reservations(schedule_date=day, before_send=self._before_send)
        for batch in _batches(rows):
            yield [found for found in self._compare_reservations(batch) if found is not None]
        listed = frozenset(row.client_tag for row in rows)
        for tag in reserved:
            if tag not in listed:
                yield [found for found in [self._look_up(tag)] if found is not None]

    def correct(self, differences: Sequence[Difference]) -> list[Difference]:
        """Record what can be corrected, count all differences, and return those whose record was changed."""
        updates = [update for one in differences for update in one.updates]
        states = iter(self._store.apply_updates(updates) if updates else ())
        corrected = []
        for one in differences:
            new_states = list(islice(states, len(one.updates)))
            if one.new_state is None:
                self._metrics.uncorrected.labels(what=one.kind).inc()
            elif any(new_states):
                self._metrics.corrections.labels(what=one.kind).inc()
                corrected.append(one)
        return corrected

    def _compare_statuses(self, rows: Sequence[Status]) -> Iterator[Difference | None]:
        now = self._store.now()
        for row, message, body in self._records(rows):
            yield compare_status(message, body, row, now, self._settings)

    def _compare_reservations(self, rows: Sequence[Reservation]) -> Iterator[Difference | None]:
        now = self._store.now()
        for row, message, body in self._records(rows):
            yield compare_reservation(message, body, row, now, self._settings)

    def _records(self, rows: Sequence[Row]) -> Iterator[tuple[Row, Message | None, str | None]]:
        tags = [row.client_tag for row in rows]
        # The texts first: if one is erased in between, the record read after it has a state that needs no text.
        bodies = self._store.bodies(tags)
        return zip(rows, self._store.get(tags), bodies, strict=True)

    def _look_up(self, client_tag: str) -> Difference | None:
        """Look up a reservation that is missing in its day's list: is it reserved for another day, sent, or gone?

        The reservation is asked for before the status, so that a message sent in between has a status.
        """
        [message] = self._store.get([client_tag])
        if message is None or message.state is not State.SCHEDULED:
            return None
        is_sent = False
        try:
            for reservation in self._provider.check_reservations(client_tag=client_tag, before_send=self._before_send):
                return compare_reservation(message, None, reservation, self._store.now(), self._settings)
        except Refused as refusal:
            if refusal.code != ResponseCode.ALREADY_SENT:
                raise
            is_sent = True
        for status in self._provider.status(client_tag, before_send=self._before_send):
            return compare_status(message, None, status, self._store.now(), self._settings)
        return None if is_sent else compare_missing_reservation(message, self._store.now())

    def _missing_statuses(self, day: date, listed: frozenset[str], asked_at: datetime) -> Iterator[list[Difference]]:
        """Yield the messages that were accepted on a day and are not in its list."""
        for state in (State.ACCEPTED, State.SENDING):
            for batch in _batches(self._store.find(state=state)):
                yield [
                    found
                    for message in batch
                    if message.sent_at is not None
                    and message.sent_at.astimezone(JST).date() == day
                    and message.client_tag not in listed
                    and (found := compare_missing_status(message, asked_at)) is not None
                ]


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
