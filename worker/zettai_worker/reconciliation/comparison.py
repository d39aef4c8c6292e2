"""The comparison of one day: its calls to the provider, and the records that it reads and corrects.

A day costs one call for each sender code, and one or two more for each reservation that is missing in its list. Records
are read in batches, so that memory stays flat beside the provider's answer itself.
"""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import TypeAlias, TypeVar

import structlog

from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store import StateUpdate
from zettai.core.store.scripts import BATCH
from zettai.core.times import JST
from zettai_worker.following.schedule import may_be_sent
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError, Refused, Reservation, ResponseCode, Rows, Status
from zettai_worker.reconciliation.comparison_rules import (
    compare_missing_reservation,
    compare_missing_status,
    compare_reservation,
    compare_status,
    until_check,
)
from zettai_worker.reconciliation.differences import Difference, DifferenceKind
from zettai_worker.resources import CountedCalls, Resources, Service

logger = structlog.get_logger("zettai.reconciliation")

Row = TypeVar("Row", Status, Reservation)

Item = TypeVar("Item")

TagsBySender: TypeAlias = Mapping[str, Sequence[str]]
"""The tags of reservations, by their sender code."""

LOOKUP_CALLS = 20
"""A reservation that is missing in its day's list is looked up until so many calls were made about it. The rest of its
call budget is for its cancellation and its status checks.
"""


class Comparison(Service):
    """Compares days. Methods that call the provider raise `ProviderError` and `LimiterError`."""

    def __init__(self, resources: Resources) -> None:
        super().__init__(resources)
        for kind in DifferenceKind:  # Prometheus does not see the first increase of a series that did not exist before.
            self._metrics.uncorrected.labels(what=kind)
            self._metrics.corrections.labels(what=kind)

    def today(self) -> date:
        """Return the day in Japan, by the clock of Redis."""
        return self._store.now().astimezone(JST).date()

    def now(self) -> datetime:
        """Return the time of Redis."""
        return self._store.now()

    def reserved_tags_by_day(self) -> dict[date, TagsBySender]:
        """Return the tags of the reservations in the store, by the day of their send time and by their sender code.

        Reservations whose cancellation is requested are left out: their cancellation finds out what became of them.
        """
        by_day: defaultdict[date, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for message in self._store.find(state=State.SCHEDULED):
            if message.send_at is not None and not message.cancel_requested:
                sender = message.sent_from or self._settings.sms_code
                by_day[message.send_at.astimezone(JST).date()][sender].append(message.client_tag)
        return {day: dict(by_sender) for day, by_sender in by_day.items()}

    def statuses(self, day: date) -> Iterator[list[Difference]]:
        """Yield the differences of the messages sent on a day, in batches."""
        asked_at = self._store.now()
        rows = self._provider.statuses_of(day, before_send=self._calls())
        listed = _by_tag(rows)
        for batch in _batches(listed.items()):
            now = self._store.now()
            yield _without_none(
                compare_status(message, body, rows, now, self._settings) for rows, message, body in self._records(batch)
            )
        if not rows.skipped:
            yield from self._missing_statuses(day, listed, asked_at)

    def reservations(self, day: date, reserved: TagsBySender) -> Iterator[list[Difference]]:
        """Yield the differences of the reservations for a day, in both directions, in batches.

        The provider lists those of one sender code at a time. A code that it refuses does not stop the others.

        Args:
            day: today or later.
            reserved: the tags that were reserved in the store for that day before this call.
        """
        for sender in sorted({self._settings.sms_code, *self._settings.senders, *reserved}):
            try:
                yield from self._reservations_of(sender, day, reserved.get(sender, ()))
            except Refused as refusal:
                if not refusal.concerns_sender:
                    raise
                logger.warning("sender_not_compared", sender=sender, day=day.isoformat(), error=str(refusal))

    def _reservations_of(self, sender: str, day: date, reserved: Sequence[str]) -> Iterator[list[Difference]]:
        rows = self._provider.check_reservations(schedule_date=day, sms_code=sender, before_send=self._calls())
        listed = _by_tag(rows)
        for batch in _batches(listed.items()):
            now = self._store.now()
            yield _without_none(
                compare_reservation(message, body, rows, now, self._settings)
                for rows, message, body in self._records(batch)
            )
        if not rows.skipped:
            for message in self._store.messages(tag for tag in reserved if tag not in listed):
                yield _without_none([self._look_up(message)])

    def correct(self, differences: Sequence[Difference]) -> list[Difference]:
        """Record what can be corrected, count all differences, and return those that were corrected."""
        updates = [update for one in differences for update in one.updates]
        states = iter(self._store.apply_updates(updates) if updates else ())
        corrected = []
        for one in differences:
            new_states = list(islice(states, len(one.updates)))
            if self._cancel_again(one) if one.cancels_again else one.new_state is not None and any(new_states):
                self._metrics.corrections.labels(what=one.kind).inc()
                corrected.append(one)
            elif one.new_state is None:
                self._metrics.uncorrected.labels(what=one.kind).inc()
        return corrected

    def _cancel_again(self, one: Difference) -> bool:
        """Cancel a reservation that the store has as canceled. Return whether the provider confirmed it."""
        calls, error = self._calls(), None
        try:
            self._provider.cancel_reservation(one.client_tag, before_send=calls)
        except (ProviderError, LimiterError) as failure:
            error = str(failure)
        update = StateUpdate(
            client_tag=one.client_tag,
            expected_states=frozenset({State.CANCELED}),
            fields={"contradicted": 1} if error else {},
            calls=calls.count,
        )
        self._store.apply_updates([update])
        logger.warning("reservation_canceled_again", client_tag=one.client_tag, error=error)
        return error is None

    def _look_up(self, message: Message) -> Difference | None:
        """Look up a reservation that is missing in its day's list, which proves nothing."""
        now = self._store.now()
        waits = message.not_found_since is not None and now < message.not_found_since + self._settings.status_lag
        is_open = message.state is State.SCHEDULED and not message.cancel_requested
        if not is_open or waits or message.calls >= LOOKUP_CALLS or may_be_sent(message, now):
            return None
        calls, difference, is_found = self._calls(), None, None
        try:
            difference, is_found = self._ask(message, calls)
        except (ProviderError, LimiterError) as error:
            logger.warning("lookup_failed", client_tag=message.client_tag, error=str(error))
        update = StateUpdate(
            client_tag=message.client_tag,
            expected_states=frozenset({State.SCHEDULED}),
            found=is_found,
            calls=calls.count,
            due_in=until_check(message, now, self._settings),
        )
        self._store.apply_updates([update])
        return difference

    def _ask(self, message: Message, calls: CountedCalls) -> tuple[Difference | None, bool]:
        """Return the difference, and whether the provider has the message: reserved for another day, or sent.

        The reservation is asked for before the status, so that a message sent in between has a status.
        """
        now, is_sent = self._store.now(), False
        try:
            reservations = self._provider.check_reservations(
                client_tag=message.client_tag, sms_code=message.sent_from, before_send=calls
            )
        except Refused as refusal:
            if refusal.code != ResponseCode.ALREADY_SENT:
                raise
            is_sent, reservations = True, Rows[Reservation]()
        if reserved := _by_tag(reservations).get(message.client_tag):
            return compare_reservation(message, None, reserved, now, self._settings), True
        statuses = self._provider.status(message.client_tag, before_send=calls)
        if sent := _by_tag(statuses).get(message.client_tag):
            return compare_status(message, None, sent, now, self._settings), True
        return (None, True) if is_sent else (compare_missing_reservation(message, now, self._settings), False)

    def _missing_statuses(self, day: date, listed: Container[str], asked_at: datetime) -> Iterator[list[Difference]]:
        """Yield the messages that were accepted on a day and are not in its list."""
        for state in (State.ACCEPTED, State.SENDING):
            for batch in _batches(self._store.find(state=state)):
                yield _without_none(
                    compare_missing_status(message, asked_at)
                    for message in batch
                    if message.sent_at is not None
                    and message.sent_at.astimezone(JST).date() == day
                    and message.client_tag not in listed
                )

    def _records(
        self, listed: Sequence[tuple[str, list[Row]]]
    ) -> Iterator[tuple[list[Row], Message | None, str | None]]:
        tags = [tag for tag, _ in listed]
        # The texts first: if one is erased in between, the record read after it has a state that needs no text.
        bodies = self._store.bodies(tags)
        # A tag that another account has here is unknown in this one.
        account = self._store.keys.account
        own = (one if one is not None and one.account == account else None for one in self._store.get(tags))
        return zip((rows for _, rows in listed), own, bodies, strict=True)

    def _calls(self) -> CountedCalls:
        return CountedCalls(self._limiter, Lane.STATUS, self._settings)


def _by_tag(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return the rows of each tag: the provider may list several."""
    by_tag: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_tag[row.client_tag].append(row)
    return dict(by_tag)


def _without_none(found: Iterable[Difference | None]) -> list[Difference]:
    return [one for one in found if one is not None]


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch
