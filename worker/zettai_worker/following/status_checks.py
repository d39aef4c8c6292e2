"""Status checks: ask the provider for the status of messages, and record it. `schedule.py` decides when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import random

import structlog

from zettai.core.aossms.evidence import find_evidence
from zettai.core.aossms.final_status import final_update
from zettai.core.lanes import Lane
from zettai.core.log_context import WorkingOn
from zettai.core.message import Message
from zettai.core.states import AT_PROVIDER, State
from zettai.core.store import StateUpdate
from zettai_worker.following.schedule import is_overdue, may_ask, next_check
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError, Status, StatusId
from zettai_worker.resources import CountedCalls, Resources
from zettai_worker.settings import WorkerSettings

logger = structlog.get_logger("zettai.checking")


class StatusChecker:
    """Checks the messages that are at the provider, until they have a final status.

    A call that fails, and one that is not made, take the same path in time as an empty answer.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store
        self._provider = resources.provider
        self._settings = resources.settings
        self._metrics = resources.metrics

    def check(self, client_tags: Sequence[str]) -> None:
        """Check messages by one call for each."""
        for message in self._at_provider(client_tags):
            calls = CountedCalls(self._resources, Lane.STATUS)
            statuses: Sequence[Status] = ()
            with WorkingOn(message):
                if may_ask(message) and not self._store.is_circuit_open():
                    try:
                        statuses = self._provider.status(message.client_tag, before_send=calls)
                    except (ProviderError, LimiterError) as error:
                        logger.warning("check_failed", error=str(error))
            self._record([message], statuses, calls.count)

    def check_day(self, day: date, client_tags: Sequence[str]) -> None:
        """Check messages by one call for all of a day, then those that are not in its answer one by one.

        If the call fails, each message is checked by its tag soon, in a task of its own.
        """
        messages = self._at_provider(client_tags)
        if self._store.is_circuit_open():
            self._record(messages, ())
            return
        if self._store.has_day_failed(day):
            self._check_by_tag_soon(messages)
            return
        try:
            statuses = self._provider.statuses_of(day, before_send=CountedCalls(self._resources, Lane.STATUS))
        except (ProviderError, LimiterError) as error:
            logger.warning("check_of_day_failed", day=day.isoformat(), error=str(error))
            # So long that all of them are due before the day is asked for again.
            self._store.note_failed_day(day, lasts=2 * self._settings.status_check_after)
            self._check_by_tag_soon(messages)
            return
        listed = {status.client_tag for status in statuses}
        self._record([message for message in messages if message.client_tag in listed], statuses)
        self.check([message.client_tag for message in messages if message.client_tag not in listed])

    def _check_by_tag_soon(self, messages: Sequence[Message]) -> None:
        """Make messages due within the first gap, one after the other. Those whose time is over end."""
        now, gap = self._store.now(), self._settings.status_check_after
        updates = [update_after_check(message, None, now, self._settings) for message in messages]
        self._store.apply_updates(
            [
                update if update.due_in is None else replace(update, due_in=min(update.due_in, gap * random()))  # noqa: S311
                for update in updates
            ]
        )

    def _at_provider(self, client_tags: Sequence[str]) -> list[Message]:
        return [
            message for message in self._store.get(client_tags) if message is not None and message.state in AT_PROVIDER
        ]

    def _record(self, messages: Sequence[Message], statuses: Sequence[Status], calls: int = 0) -> None:
        if not messages:
            return
        now = self._store.now()
        by_tag: defaultdict[str, list[Status]] = defaultdict(list)
        for status in statuses:
            by_tag[status.client_tag].append(status)
        updates = [
            replace(
                update_after_check(
                    message, find_evidence(by_tag[message.client_tag], message).row, now, self._settings
                ),
                calls=calls,
            )
            for message in messages
        ]
        states = self._store.apply_updates(updates)
        for message, update, state in zip(messages, updates, states, strict=True):
            self._metrics.status_checks.labels(state=state or "too_late").inc()
            if "overdue" in update.fields and state is not None:
                self._metrics.overdue.labels(carrier=message.carrier or "unknown").inc()
                with WorkingOn(message):
                    logger.warning("message_overdue", carrier=message.carrier, state=state)


def update_after_check(message: Message, status: Status | None, now: datetime, settings: WorkerSettings) -> StateUpdate:
    """Return what to record after a status check: a pure decision.

    Args:
        message: in one of the states at the provider.
        status: the provider's answer, or None if the provider does not know the tag (yet).
        now: the time of Redis.
        settings: for the times.
    """
    if status is not None and status.status.is_final:
        return final_update(status)
    elapsed = now - (message.sent_at or message.since)
    if elapsed < timedelta():
        return StateUpdate(client_tag=message.client_tag, expected_states=frozenset({message.state}), due_in=-elapsed)
    to, reason = _next_state(message, status, elapsed, settings)
    is_final = to is not None and to.is_final
    is_newly_overdue = not is_final and not message.overdue and is_overdue(message, elapsed, settings)
    return StateUpdate(
        client_tag=message.client_tag,
        expected_states=frozenset({message.state}),
        to=to,
        reason=reason,
        due_in=None if is_final else next_check(message, elapsed, settings),
        fields={"overdue": 1} if is_newly_overdue else {},
    )


def _next_state(
    message: Message, status: Status | None, elapsed: timedelta, settings: WorkerSettings
) -> tuple[State | None, str]:
    """Return the state after a status that is not final, with the reason, or None if the state does not change."""
    if elapsed >= settings.give_up_after:
        return State.DELIVERY_UNKNOWN, "no answer in time"
    if status is not None and status.status is StatusId.SENDING and message.state is not State.SENDING:
        return State.SENDING, "statusId 1"
    if message.state is State.SCHEDULED:
        return State.ACCEPTED, "send time reached"
    return None, ""
