"""One day's comparison of store and provider: its calls, and the records that it reads and puts right.

A day costs one call, and one or two more for each reservation that is missing from its list. Rows are seen to in
batches, so that beside the provider's answer itself memory stays flat.
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
from zettai_worker.metrics import counters as metrics
from zettai_worker.provider import ProviderClient, Refused, Reservation, ResponseCode, Status
from zettai_worker.reconciliation.differences import Difference, What
from zettai_worker.reconciliation.judging import judge_gone, judge_missing, judge_reservation, judge_status
from zettai_worker.sending.before_send import wait_for_slot
from zettai_worker.settings import WorkerSettings

Row = TypeVar("Row", Status, Reservation)

Item = TypeVar("Item")

for _what in What:  # told from the beginning: Prometheus does not see the first of what was not there before
    metrics.REPORTED.labels(what=_what)
    metrics.CORRECTED.labels(what=_what)


class Comparison:
    """Compares days. Every method that asks the provider raises `ProviderError` and `LimiterError`."""

    def __init__(
        self, store: WorkerStore, provider: ProviderClient, limiter: Limiter, settings: WorkerSettings
    ) -> None:
        self._store = store
        self._provider = provider
        self._settings = settings
        self._before_send = wait_for_slot(limiter, Lane.STATUS, settings.slot_wait)

    def today(self) -> date:
        """The day in Japan, by the clock of Redis."""
        return self._store.now().astimezone(JST).date()

    def now(self) -> datetime:
        """The time of Redis."""
        return self._store.now()

    def reserved_by_day(self) -> dict[date, list[str]]:
        """The tags that count as reserved here, by the day of their time; a wish to cancel is seen to elsewhere."""
        by_day: defaultdict[date, list[str]] = defaultdict(list)
        for message in self._store.find(state=State.SCHEDULED):
            if message.send_at is not None and not message.cancel_requested:
                by_day[message.send_at.astimezone(JST).date()].append(message.client_tag)
        return dict(by_day)

    def statuses(self, day: date) -> Iterator[list[Difference]]:
        """What differs among the messages sent on a day, in batches."""
        asked_at = self._store.now()
        rows = self._provider.statuses_of(day, before_send=self._before_send)
        for batch in _batches(rows):
            yield [found for found in self._judge_statuses(batch) if found is not None]
        yield from self._missing(day, frozenset(row.client_tag for row in rows), asked_at)

    def reservations(self, day: date, reserved: Sequence[str]) -> Iterator[list[Difference]]:
        """What differs among the reservations for a day, both ways, in batches.

        Args:
            day: today or later.
            reserved: what counted as reserved here for that day before this call.
        """
        rows = self._provider.check_reservations(schedule_date=day, before_send=self._before_send)
        for batch in _batches(rows):
            yield [found for found in self._judge_reservations(batch) if found is not None]
        listed = frozenset(row.client_tag for row in rows)
        for tag in reserved:
            if tag not in listed:
                yield [found for found in [self._look_up(tag)] if found is not None]

    def apply_updates(self, differences: Sequence[Difference]) -> list[Difference]:
        """Put right what can be put right, and count all; tells which records were changed."""
        orders = [order for one in differences for order in one.orders]
        answers = iter(self._store.apply_updates(orders) if orders else ())
        changed = []
        for one in differences:
            states = list(islice(answers, len(one.orders)))
            if one.becomes is None:
                metrics.REPORTED.labels(what=one.what).inc()
            elif any(states):
                metrics.CORRECTED.labels(what=one.what).inc()
                changed.append(one)
        return changed

    def _judge_statuses(self, rows: Sequence[Status]) -> Iterator[Difference | None]:
        now = self._store.now()
        for row, message, body in self._records(rows):
            yield judge_status(message, body, row, now, self._settings)

    def _judge_reservations(self, rows: Sequence[Reservation]) -> Iterator[Difference | None]:
        now = self._store.now()
        for row, message, body in self._records(rows):
            yield judge_reservation(message, body, row, now, self._settings)

    def _records(self, rows: Sequence[Row]) -> Iterator[tuple[Row, Message | None, str | None]]:
        tags = [row.client_tag for row in rows]
        # The text first: once it is gone, the record read after it tells a state that needs none.
        bodies = self._store.bodies(tags)
        return zip(rows, self._store.get(tags), bodies, strict=True)

    def _look_up(self, client_tag: str) -> Difference | None:
        """A reservation that its day's list lacks: is it elsewhere, was it sent, or is it gone?

        The reservation is asked for before the status: what is sent in between then shows up in the second.
        """
        [message] = self._store.get([client_tag])
        if message is None or message.state is not State.SCHEDULED:
            return None
        sent = False
        try:
            for reservation in self._provider.check_reservations(client_tag=client_tag, before_send=self._before_send):
                return judge_reservation(message, None, reservation, self._store.now(), self._settings)
        except Refused as refusal:
            if refusal.code != ResponseCode.ALREADY_SENT:
                raise
            sent = True
        for status in self._provider.status(client_tag, before_send=self._before_send):
            return judge_status(message, None, status, self._store.now(), self._settings)
        return None if sent else judge_gone(message, self._store.now())

    def _missing(self, day: date, listed: frozenset[str], asked_at: datetime) -> Iterator[list[Difference]]:
        """Messages that were accepted on a day and are not in its list."""
        for state in (State.ACCEPTED, State.SENDING):
            for batch in _batches(self._store.find(state=state)):
                yield [
                    found
                    for message in batch
                    if message.sent_at is not None
                    and message.sent_at.astimezone(JST).date() == day
                    and message.client_tag not in listed
                    and (found := judge_missing(message, asked_at)) is not None
                ]


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
