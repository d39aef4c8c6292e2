"""Cancel reservations at the provider. A message that the provider does not have yet is canceled in the store alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

import structlog

from zettai.core.aossms.evidence import find_evidence
from zettai.core.log_context import WorkingOn
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.tasks import TaskName
from zettai.core.tracing import LinkedSpan
from zettai_worker.engine import Slots
from zettai_worker.following.cancel_rules import CancelResult, after_cancel, lane_of, listed_from
from zettai_worker.following.schedule import may_ask
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError, Refused, ResponseCode
from zettai_worker.resources import CountedCalls, Service
from zettai_worker.sending.lookup import LookupResult, look_up

_RESULTS = {
    LookupResult.SENT: CancelResult.SENT,
    LookupResult.RESERVED: CancelResult.RESERVED,
    LookupResult.NOT_FOUND: CancelResult.NOT_FOUND,
}

logger = structlog.get_logger("zettai.cancelling")


class Cancel(NamedTuple):
    """A reservation to cancel, and whether to ask the provider now."""

    message: Message
    asks: bool


class Asked(NamedTuple):
    """What the provider said, how many calls it took, and when: by the clock of Redis, or None without a call."""

    message: Message
    result: CancelResult
    calls: int
    at: datetime | None


class ReservationCanceler(Service):
    """Cancels the reservations whose cancellation is requested, each by itself: work of the engine."""

    task = TaskName.CANCEL

    def take(self, client_tags: Sequence[str]) -> list[Cancel]:
        """Read the messages, and leave out those that are not reserved any more."""
        is_open = self._store.is_circuit_open()
        return [
            Cancel(message, may_ask(message) and not is_open)
            for message in self._store.get(client_tags)
            if message is not None and message.state is State.SCHEDULED and message.cancel_requested
        ]

    def call(self, item: Cancel, slots: Slots) -> Asked:
        """Cancel a reservation, or find out whether it is canceled."""
        message, calls = item.message, CountedCalls(slots, lane_of(item.message), self._settings)
        result = CancelResult.UNCLEAR
        if item.asks:
            with WorkingOn(message, self.task), LinkedSpan(self.task, [message]) as span:
                try:
                    result = self._ask(message, calls)
                except (ProviderError, LimiterError) as error:
                    logger.warning("lookup_failed", error=str(error))
                span.set(result=result)
        return Asked(message, result, calls.count, calls.at)

    def record(self, outcomes: Sequence[Asked]) -> None:
        """Record what the provider said."""
        now = self._store.now()
        updates = [
            replace(after_cancel(message, result, at or now, self._settings), calls=calls)
            for message, result, calls, at in outcomes
        ]
        self._store.apply_updates(updates)
        for one, update in zip(outcomes, updates, strict=True):
            self._metrics.cancellations.labels(outcome=update.to or "unclear").inc()
            if update.to is not None:
                with WorkingOn(one.message, self.task):
                    logger.info("cancel_completed", state=update.to, reason=update.reason)

    def give_back(self, client_tags: Sequence[str]) -> None:
        """Make messages due at once."""
        self._make_due(client_tags, {State.SCHEDULED})

    def _ask(self, message: Message, calls: CountedCalls) -> CancelResult:
        """Cancel the reservation. Look it up if the answer is unclear, and first if it may be canceled already."""
        if message.bulk_canceled_at is not None or message.not_found_since is not None:
            result = self._look_up(message, calls)
            if result is not CancelResult.RESERVED:
                return result
            result = self._cancel_by_tag(message, calls)
            return CancelResult.RESERVED if result is CancelResult.UNCLEAR else result
        result = self._cancel_by_tag(message, calls)
        return self._look_up(message, calls) if result is CancelResult.UNCLEAR and calls.count else result

    def _cancel_by_tag(self, message: Message, calls: CountedCalls) -> CancelResult:
        try:
            self._provider.cancel_reservation(message.client_tag, before_send=calls)
        except (ProviderError, LimiterError) as error:
            if isinstance(error, Refused) and error.code == ResponseCode.ALREADY_SENT:
                return CancelResult.SENT
            logger.warning("cancel_unclear", error=str(error))
            return CancelResult.UNCLEAR
        return CancelResult.CONFIRMED

    def _look_up(self, message: Message, calls: CountedCalls) -> CancelResult:
        if message.bulk_canceled_at is not None and self._store.now() >= listed_from(message, self._settings):
            # It was looked up before. Only if it was sent meanwhile, this shows more.
            evidence = find_evidence(self._provider.status(message.client_tag, before_send=calls), message)
            if evidence.row is not None:
                return CancelResult.SENT
            return CancelResult.NOT_FOUND if evidence.is_absent else CancelResult.UNCLEAR
        result = look_up(self._provider, message, None, calls, self._metrics)
        return _RESULTS.get(result, CancelResult.UNCLEAR)
