"""Find out what became of messages whose outcome is unknown, and that must not be sent again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import structlog

from zettai.core.lanes import Lane
from zettai.core.log_context import WorkingOn
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.tasks import TaskName
from zettai.core.tracing import LinkedSpan
from zettai_worker.engine import Slots
from zettai_worker.following.schedule import may_ask
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError
from zettai_worker.resources import CountedCalls, Service
from zettai_worker.sending.after_lookup import after_lookup
from zettai_worker.sending.lookup import LookupResult, look_up

logger = structlog.get_logger("zettai.lookup")


class Unknown(NamedTuple):
    """A message whose outcome is unknown, its text, and whether to ask the provider now."""

    message: Message
    body: str | None
    asks: bool


class LookedUp(NamedTuple):
    """What a look-up has shown, how many calls it took, and when: by the clock of Redis, or None without a call."""

    message: Message
    result: LookupResult
    calls: int
    at: datetime | None


class UnknownOutcomes(Service):
    """Looks messages up in the status lane, until a proof comes or their time is over: work of the engine."""

    task = TaskName.LOOK_UP

    def take(self, client_tags: Sequence[str]) -> list[Unknown]:
        """Read the messages, and leave out those whose outcome is known now."""
        is_open = self._store.is_circuit_open()
        return [
            Unknown(message, body, may_ask(message) and not is_open)
            for message, body in zip(self._store.get(client_tags), self._store.bodies(client_tags), strict=True)
            if message is not None and message.state is State.SUBMIT_UNKNOWN
        ]

    def call(self, item: Unknown, slots: Slots) -> LookedUp:
        """Look a message up at the provider."""
        message, calls = item.message, CountedCalls(slots, Lane.STATUS, self._settings)
        result = LookupResult.FAILED
        if item.asks:
            with WorkingOn(message, self.task), LinkedSpan(self.task, [message]) as span:
                try:
                    result = look_up(self._provider, message, item.body, calls, self._metrics)
                except (ProviderError, LimiterError) as error:
                    logger.warning("lookup_failed", error=str(error))
                span.set(result=result)
        return LookedUp(message, result, calls.count, calls.at)

    def record(self, outcomes: Sequence[LookedUp]) -> None:
        """Record what follows from look-ups."""
        now = self._store.now()
        decisions = [
            replace(after_lookup(message, result, self._settings, now=at or now), calls=calls)
            for message, result, calls, at in outcomes
        ]
        updates = [
            decision.to_update(one.message.client_tag, State.SUBMIT_UNKNOWN)
            for one, decision in zip(outcomes, decisions, strict=True)
        ]
        for one, decision, state in zip(outcomes, decisions, self._store.apply_updates(updates), strict=True):
            if decision.to is not None:
                with WorkingOn(one.message, self.task):
                    logger.info("lookup_completed", state=state or "too_late", reason=decision.reason)

    def give_back(self, client_tags: Sequence[str]) -> None:
        """Make messages due at once."""
        self._make_due(client_tags, {State.SUBMIT_UNKNOWN})
