"""Status checks: ask the provider how far messages have come, and record it. `schedule.py` decides when."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import structlog

from zettai.core.aossms.final_status import final_update
from zettai.core.lanes import Lane
from zettai.core.log_context import WorkingOn
from zettai.core.message import Message
from zettai.core.states import AT_PROVIDER, State
from zettai.core.store import StateUpdate, WorkerStore
from zettai_worker.following.schedule import is_overdue, next_check
from zettai_worker.limiter import Limiter, LimiterError
from zettai_worker.metrics import counters as metrics
from zettai_worker.provider import ProviderClient, ProviderError, Status, StatusId
from zettai_worker.sending.before_send import wait_for_slot
from zettai_worker.settings import WorkerSettings

logger = structlog.get_logger("zettai.checking")


class Checker:
    """Follows messages at the provider to their end."""

    def __init__(
        self, store: WorkerStore, provider: ProviderClient, limiter: Limiter, settings: WorkerSettings
    ) -> None:
        self._store = store
        self._provider = provider
        self._settings = settings
        self._before_send = wait_for_slot(limiter, Lane.STATUS, settings.slot_wait)

    def check(self, client_tags: Sequence[str]) -> None:
        """Ask for each message by its tag."""
        for message in self._under_way(client_tags):
            if self._store.is_circuit_open():
                self._postpone([message])
            else:
                self._check(message)

    def check_day(self, day: date, client_tags: Sequence[str]) -> None:
        """Ask for all messages of a day at once; those that the answer leaves out are asked for one by one."""
        messages = self._under_way(client_tags)
        if self._store.is_circuit_open():
            self._postpone(messages)
            return
        try:
            statuses = self._provider.statuses_of(day, before_send=self._before_send)
        except (ProviderError, LimiterError) as error:
            logger.warning("check_of_day_failed", day=day.isoformat(), error=str(error))
            self._postpone(messages)
            return
        listed = {status.client_tag for status in statuses}
        self._record([message for message in messages if message.client_tag in listed], statuses)
        self.check([message.client_tag for message in messages if message.client_tag not in listed])

    def _check(self, message: Message) -> None:
        with WorkingOn(message):
            try:
                statuses = self._provider.status(message.client_tag, before_send=self._before_send)
            except (ProviderError, LimiterError) as error:
                logger.warning("check_failed", error=str(error))
                self._postpone([message])
            else:
                self._record([message], statuses)

    def _under_way(self, client_tags: Sequence[str]) -> list[Message]:
        return [
            message for message in self._store.get(client_tags) if message is not None and message.state in AT_PROVIDER
        ]

    def _postpone(self, messages: Sequence[Message]) -> None:
        """Nothing was learned: ask again before the lease on the due index would bring them back."""
        again = self._settings.status_check_after
        self._store.apply_updates(
            [
                StateUpdate(client_tag=message.client_tag, expected_states=frozenset({message.state}), due_in=again)
                for message in messages
            ]
        )

    def _record(self, messages: Sequence[Message], statuses: Sequence[Status]) -> None:
        if not messages:
            return
        now = self._store.now()
        by_tag = {status.client_tag: status for status in statuses}
        orders = [progress(message, by_tag.get(message.client_tag), now, self._settings) for message in messages]
        states = self._store.apply_updates(orders)
        for message, order, state in zip(messages, orders, states, strict=True):
            metrics.CHECKED.labels(state=state or "too_late").inc()
            if "overdue" in order.fields and state is not None:
                metrics.OVERDUE.labels(carrier=message.carrier or "unknown").inc()
                with WorkingOn(message):
                    logger.warning("overdue", carrier=message.carrier, state=state)


def progress(message: Message, status: Status | None, now: datetime, settings: WorkerSettings) -> StateUpdate:
    """What a status answer means for a message: a pure decision.

    Args:
        message: as the store has it, in one of the states at the provider.
        status: the provider's answer, or None where it does not know the tag (yet).
        now: the time of Redis.
        settings: for the times.
    """
    if status is not None and status.status.is_final:
        return final_update(status)
    elapsed = now - (message.sent_at or message.since)
    if elapsed < timedelta():
        return StateUpdate(client_tag=message.client_tag, expected_states=frozenset({message.state}), due_in=-elapsed)
    to, reason = _where(message, status, elapsed, settings)
    final = to is not None and to.is_final
    late = not final and not message.overdue and is_overdue(message, elapsed, settings)
    return StateUpdate(
        client_tag=message.client_tag,
        expected_states=frozenset({message.state}),
        to=to,
        reason=reason,
        due_in=None if final else next_check(message.carrier, elapsed, settings),
        fields={"overdue": 1} if late else {},
    )


def _where(
    message: Message, status: Status | None, elapsed: timedelta, settings: WorkerSettings
) -> tuple[State | None, str]:
    """The state that follows a status that is not final, or None where the message stays where it is."""
    if elapsed >= settings.give_up_after:
        return State.DELIVERY_UNKNOWN, "no answer in time"
    if status is not None and status.status is StatusId.SENDING and message.state is not State.SENDING:
        return State.SENDING, "statusId 1"
    if message.state is State.SCHEDULED:
        return State.ACCEPTED, "its time came"
    return None, ""
