"""Send messages: claim them, call the provider, record the outcome. `after_attempt.py` decides what."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import random
from time import monotonic
from typing import NamedTuple
from uuid import uuid4

import structlog

from zettai.core.carriers import Carrier
from zettai.core.log_context import WorkingOn
from zettai.core.states import State
from zettai.core.store import Claim, ClaimKind, RefusalEffect
from zettai.core.tasks import TaskName
from zettai.core.tracing import LinkedSpan
from zettai_worker.engine import Slots
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import CarrierId, ProviderError, Refused, ResponseCode, SendRequest
from zettai_worker.resources import CountedCalls, Service
from zettai_worker.sending.after_attempt import after_error, after_success, not_allowed
from zettai_worker.sending.after_lookup import after_lookup
from zettai_worker.sending.before_send import WaitForSlotWhileClaimed
from zettai_worker.sending.decisions import (
    RESERVATION_REFUSED,
    ClaimLost,
    Decision,
    MessageExpired,
    NeedsLookup,
    Refusal,
)
from zettai_worker.sending.lookup import LookupResult, look_up, report_text_difference

logger = structlog.get_logger("zettai.sending")

CARRIER_IDS = {
    Carrier.KDDI: CarrierId.KDDI,
    Carrier.DOCOMO: CarrierId.DOCOMO,
    Carrier.SOFTBANK: CarrierId.SOFTBANK,
    Carrier.RAKUTEN: CarrierId.RAKUTEN,
}


class Claimed(NamedTuple):
    """A claim, and the monotonic time before it was made."""

    claim: Claim
    at: float


class Attempt(NamedTuple):
    """An attempt to send a message, and what to record about it."""

    claim: Claim
    decision: Decision


class Sender(Service):
    """Sends messages, if the store lets this worker claim them: work of the engine."""

    task = TaskName.SEND

    def take(self, client_tags: Sequence[str]) -> Sequence[Claimed]:
        """Claim messages. Those that are done, or claimed by another worker, are left out."""
        at = monotonic()
        claims = self._store.claim(
            client_tags, uuid4().hex[:16], claim_timeout=self._settings.lease, held_for=self._settings.hold_for
        )
        return [Claimed(claim, at) for claim in claims]

    def call(self, item: Claimed, slots: Slots) -> Attempt:
        """Send one message, and decide what to record."""
        claim = item.claim
        with WorkingOn(claim.message, self.task), LinkedSpan(self.task, [claim.message]) as span:
            decision = self._attempt(claim, item.at, slots)
            span.set(attempt=claim.message.attempts, state=decision.to or claim.message.state)
            return Attempt(claim, decision)

    def record(self, outcomes: Sequence[Attempt]) -> None:
        """Record what was decided."""
        for attempts in _parts(outcomes):
            self._record(attempts)

    def give_back(self, client_tags: Sequence[str]) -> None:
        """Make messages due at once, so that another worker gets a task for them."""
        self._make_due(client_tags, {State.QUEUED, State.SUBMIT_UNKNOWN})

    def _attempt(self, claim: Claim, claimed_at: float, slots: Slots) -> Decision:
        if not self._settings.allows(claim.message.to):
            self._metrics.not_allowed.inc()
            return not_allowed(claim)
        before_send = WaitForSlotWhileClaimed(
            slots, claim, claimed_at=claimed_at, call_timeout=self._settings.http_timeout
        )
        try:
            answer = self._provider.send(_to_request(claim), before_send=before_send)
        except (ProviderError, LimiterError, ClaimLost, MessageExpired) as error:
            decision = after_error(claim, error, self._settings, random)
            return self._look_up(claim, decision.refusal, slots) if isinstance(decision, NeedsLookup) else decision
        if answer.message not in {None, claim.body}:
            report_text_difference(claim.message.client_tag, self._metrics)
        return after_success(claim, self._settings)

    def _look_up(self, claim: Claim, refusal: Refused, slots: Slots) -> Decision:
        """Look up the tag of a message that the provider refused, and return what to record."""
        message, calls = claim.message, CountedCalls(slots, claim.message.lane, self._settings)
        try:
            result = look_up(self._provider, message, claim.body, calls, self._metrics)
        except (ProviderError, LimiterError) as error:
            logger.warning("lookup_failed", client_tag=message.client_tag, error=str(error))
            result = LookupResult.FAILED
        if refusal.code == ResponseCode.DUPLICATE_TAG and result in {LookupResult.SENT, LookupResult.RESERVED}:
            self._metrics.duplicates.inc()
        now = calls.at or self._store.now()
        decision = after_lookup(message, result, self._settings, now=now, refusal=refusal)
        return replace(decision, calls=calls.count)

    def _record(self, attempts: Sequence[Attempt]) -> None:
        states = self._store.apply_updates(
            [
                decision.to_update(claim.message.client_tag, State.SUBMITTING, claim.claim_id)
                for claim, decision in attempts
            ]
        )
        for (claim, decision), state in zip(attempts, states, strict=True):
            self._metrics.attempt_recorded(claim.message.lane, state)
            with WorkingOn(claim.message, self.task):
                _log_outcome(claim, decision, state)
                if RESERVATION_REFUSED in decision.fields and state is not None:
                    self._report_refused_reservation(claim, decision)
                if decision.suspends_account:
                    self._pause(decision.reason)
                elif decision.refusal is not None:
                    self._note_refusal(claim, decision.refusal)

    def _report_refused_reservation(self, claim: Claim, decision: Decision) -> None:
        self._metrics.refused_reservations.inc()
        logger.warning(
            "reservation_refused",
            client_tag=claim.message.client_tag,
            reason=decision.reason,
            consequence="waits in Redis and is sent at its send_at",
        )

    def _pause(self, reason: str) -> None:
        """Let messages wait during a pause. An operator has asked for it, so it is no error."""
        if self._store.suspend(reason, retry_in=self._settings.hold_for):
            self._metrics.suspensions.labels(reason="pause").inc()
            logger.info("sending_paused", end="zettai limiter resume, or the end of the pause")

    def _note_refusal(self, claim: Claim, refusal: Refusal) -> None:
        """Park the message, or suspend sending or its sender if another message met the same refusal before it."""
        effect = self._store.note_refusal(
            claim.message.client_tag, refusal.kind, retry_in=refusal.retry_in, sender=refusal.sender
        )
        if effect is RefusalEffect.PARKED and not claim.message.parked:
            self._metrics.parked.inc()
            logger.error(
                "message_parked",
                client_tag=claim.message.client_tag,
                refusal=refusal.kind,
                action="see docs/operations.md, 'A message is parked'",
            )
        elif effect is RefusalEffect.SUSPENDED and refusal.sender is not None:
            self._metrics.suspensions.labels(reason="sender").inc()
            logger.error(
                "sender_suspended",
                sender=refusal.sender,
                reason=refusal.kind,
                action="see docs/operations.md, 'A sender is suspended'",
            )
        elif effect is RefusalEffect.SUSPENDED:
            self._metrics.suspensions.labels(reason="account").inc()
            logger.error(
                "account_suspended",
                reason=refusal.kind,
                action="see docs/operations.md, 'The account is suspended'",
            )


def _parts(attempts: Sequence[Attempt]) -> Iterator[Sequence[Attempt]]:
    """Divide attempts so that each refusal ends a part, and is noted before later successes are recorded.

    A success between two refusals shows that they do not concern all messages.
    """
    start = 0
    for end, attempt in enumerate(attempts, start=1):
        if attempt.decision.refusal is not None or end == len(attempts):
            yield attempts[start:end]
            start = end


def _to_request(claim: Claim) -> SendRequest:
    message = claim.message
    return SendRequest(
        phone_number=message.to,
        message=claim.body,
        client_tag=message.client_tag,
        schedule_time=message.send_at if claim.kind is ClaimKind.RESERVE else None,
        group_tag=message.group,
        carrier_id=CARRIER_IDS[message.carrier] if message.carrier else None,
        sms_code=message.sent_from,
    )


def _log_outcome(claim: Claim, decision: Decision, state: State | None) -> None:
    """Log the outcome of an attempt. Successes are logged at debug level, because a campaign has many."""
    attempt = {"client_tag": claim.message.client_tag, "lane": claim.message.lane, "attempt": claim.message.attempts}
    if state in {State.ACCEPTED, State.SCHEDULED}:
        logger.debug("attempt_succeeded", **attempt, state=state)
    elif state is None:
        # A delivery report was recorded first, or the claim ended and another worker recorded the outcome.
        logger.info("update_too_late", **attempt, reason=decision.reason)
    else:
        logger.warning("attempt_failed", **attempt, state=state, reason=decision.reason)
