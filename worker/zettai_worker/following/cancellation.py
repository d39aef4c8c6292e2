"""Cancel reservations at the provider. A message that the provider does not have yet is canceled in the store alone."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from zettai.core.aossms.evidence import find_evidence
from zettai.core.log_context import WorkingOn
from zettai.core.message import Message
from zettai.core.states import State
from zettai_worker.following.cancel_rules import CancelResult, after_cancel, lane_of, listed_from
from zettai_worker.following.schedule import may_ask
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError, Refused, ResponseCode
from zettai_worker.resources import CountedCalls, Resources
from zettai_worker.sending.lookup import LookupResult, look_up

_RESULTS = {
    LookupResult.SENT: CancelResult.SENT,
    LookupResult.RESERVED: CancelResult.RESERVED,
    LookupResult.NOT_FOUND: CancelResult.NOT_FOUND,
}

logger = structlog.get_logger("zettai.cancelling")


class ReservationCanceler:
    """Cancels the reservations whose cancellation is requested in the store, each by itself."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store
        self._provider = resources.provider
        self._settings = resources.settings
        self._metrics = resources.metrics

    def cancel(self, client_tags: Sequence[str]) -> None:
        """Cancel reservations, or find out whether they are canceled."""
        for message in self._store.get(client_tags):
            if message is not None and message.state is State.SCHEDULED and message.cancel_requested:
                with WorkingOn(message):
                    self._cancel(message)

    def _cancel(self, message: Message) -> None:
        calls = CountedCalls(self._resources, lane_of(message))
        result = CancelResult.UNCLEAR
        if may_ask(message) and not self._store.is_circuit_open():
            try:
                result = self._ask(message, calls)
            except (ProviderError, LimiterError) as error:
                logger.warning("lookup_failed", error=str(error))
        self._record(message, result, calls.count)

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

    def _record(self, message: Message, result: CancelResult, calls: int) -> None:
        update = after_cancel(message, result, self._store.now(), self._settings)
        self._metrics.cancellations.labels(outcome=update.to or "unclear").inc()
        if update.to is not None:
            logger.info("cancel_completed", client_tag=message.client_tag, state=update.to, reason=update.reason)
        self._store.apply_updates([replace(update, calls=calls)])
