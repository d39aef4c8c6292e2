"""Status checks: ask the provider for the status of messages, and record it. `schedule.py` decides when."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from zettai.core.aossms.evidence import find_evidence
from zettai.core.aossms.final_status import final_update
from zettai.core.carriers import UNKNOWN_CARRIER
from zettai.core.lanes import Lane
from zettai.core.log_context import WorkingOn
from zettai.core.message import Message
from zettai.core.states import AT_PROVIDER, State
from zettai.core.store import StateUpdate
from zettai.core.tasks import TaskName
from zettai.core.tracing import LinkedSpan
from zettai_worker.engine import Slots
from zettai_worker.following.schedule import is_overdue, last_checks_end, may_ask, next_check
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError, Status, StatusId
from zettai_worker.resources import CountedCalls, Service
from zettai_worker.settings import WorkerSettings

logger = structlog.get_logger("zettai.checking")


class Check(NamedTuple):
    """A message to check, and whether to ask the provider now."""

    message: Message
    asks: bool


class Checked(NamedTuple):
    """What a status check has shown.

    Attributes:
        statuses: of the message's tag; none if the call failed or was not made.
        calls: how many calls were made.
        at: when the provider was asked, by the clock of Redis; None if it was not.
    """

    message: Message
    statuses: Sequence[Status]
    calls: int = 0
    at: datetime | None = None


class StatusChecker(Service):
    """Checks messages that are at the provider by one call for each: work of the engine.

    A call that fails, and one that is not made, take the same path in time as an empty answer.
    """

    task = TaskName.CHECK

    def take(self, client_tags: Sequence[str]) -> list[Check]:
        """Read the messages, and leave out those that are not at the provider any more."""
        messages = self.at_provider(client_tags)
        if not self._store.is_circuit_open():
            return [Check(message, may_ask(message)) for message in messages]
        now = self._store.now()
        return [
            Check(message, may_ask(message) and is_last_check(message, now, self._settings)) for message in messages
        ]

    def call(self, item: Check, slots: Slots) -> Checked:
        """Ask the provider for the status of a message."""
        message, calls = item.message, CountedCalls(slots, Lane.STATUS, self._settings)
        statuses: Sequence[Status] = ()
        if item.asks:
            with WorkingOn(message, self.task), LinkedSpan(self.task, [message]) as span:
                try:
                    statuses = self._provider.status(message.client_tag, before_send=calls)
                except (ProviderError, LimiterError) as error:
                    logger.warning("check_failed", error=str(error))
                row = find_evidence(statuses, message).row
                span.set(provider_status="none" if row is None else row.status.name)
        own = [status for status in statuses if status.client_tag == message.client_tag]
        return Checked(message, own, calls.count, calls.at)

    def record(self, outcomes: Sequence[Checked]) -> None:
        """Record what the checks have shown."""
        now = self._store.now()
        updates = [
            replace(
                update_after_check(message, find_evidence(statuses, message).row, at or now, self._settings),
                calls=calls,
            )
            for message, statuses, calls, at in outcomes
        ]
        states = self._store.apply_updates(updates)
        for (message, *_), update, state in zip(outcomes, updates, states, strict=True):
            self._metrics.status_checks.labels(state=state or "too_late").inc()
            if update.overdue and state is not None:
                self._metrics.overdue.labels(carrier=message.carrier or UNKNOWN_CARRIER).inc()
                with WorkingOn(message, self.task):
                    logger.warning("message_overdue", carrier=message.carrier, state=state)

    def give_back(self, client_tags: Sequence[str]) -> None:
        """Make messages due at once."""
        self._make_due(client_tags, AT_PROVIDER)

    def at_provider(self, client_tags: Sequence[str]) -> list[Message]:
        """Return those of the messages that are at the provider."""
        return [
            message for message in self._store.get(client_tags) if message is not None and message.state in AT_PROVIDER
        ]


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
    elapsed = _elapsed(message, now)
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
        overdue=is_newly_overdue,
    )


def is_last_check(message: Message, now: datetime, settings: WorkerSettings) -> bool:
    """Return whether a message may end with this check. Then the provider is asked even while the circuit is open."""
    return _elapsed(message, now) >= settings.give_up_after


def _elapsed(message: Message, now: datetime) -> timedelta:
    return now - (message.sent_at or message.since)


def _next_state(
    message: Message, status: Status | None, elapsed: timedelta, settings: WorkerSettings
) -> tuple[State | None, str]:
    """Return the state after a status that is not final, with the reason, or None if the state does not change."""
    if elapsed >= (settings.give_up_after if status is not None else last_checks_end(settings)):
        return State.DELIVERY_UNKNOWN, "no answer in time"
    if status is not None and status.status is StatusId.SENDING and message.state is not State.SENDING:
        return State.SENDING, "statusId 1"
    if message.state is State.SCHEDULED:
        return State.ACCEPTED, "send time reached"
    return None, ""
