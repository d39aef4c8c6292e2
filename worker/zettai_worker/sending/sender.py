"""Send messages: claim them, call the provider, record the outcome. `decisions.py` decides what to record."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from random import random
from threading import Event
from time import monotonic
from uuid import uuid4

import structlog

from zettai.core.carriers import Carrier
from zettai.core.log_context import WorkingOn
from zettai.core.states import State
from zettai.core.store import Claim, ClaimKind, RefusalEffect, StateUpdate
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import CarrierId, ProviderError, Refused, ResponseCode, SendRequest
from zettai_worker.resources import CountedCalls, Resources
from zettai_worker.sending.before_send import WaitForSlotWhileClaimed
from zettai_worker.sending.decisions import (
    ClaimLost,
    Decision,
    MessageExpired,
    NeedsLookup,
    Refusal,
    after_error,
    after_lookup,
    after_success,
)
from zettai_worker.sending.lookup import LookupResult, look_up, report_text_difference

logger = structlog.get_logger("zettai.sending")

CLAIM_BATCH = 16
"""Messages claimed by one script call. Small, because each message that a killed worker had claimed needs a look-up."""

MAX_RECORD_DELAY = 2.0
"""Seconds that the first outcome of a batch may wait to be recorded together with the next ones."""

CARRIER_IDS = {
    Carrier.KDDI: CarrierId.KDDI,
    Carrier.DOCOMO: CarrierId.DOCOMO,
    Carrier.SOFTBANK: CarrierId.SOFTBANK,
    Carrier.RAKUTEN: CarrierId.RAKUTEN,
}


class Sender:
    """Sends the messages that a task names, if the store lets this worker claim them."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store
        self._provider = resources.provider
        self._limiter = resources.limiter
        self._settings = resources.settings
        self._metrics = resources.metrics
        self._stopping = Event()

    def stop(self) -> None:
        """Start no further batch. The batches in flight are finished, the other messages go back to the queue."""
        self._stopping.set()

    def send(self, client_tags: Sequence[str]) -> None:
        """Send each message that can be claimed; skip those that are done or claimed by another worker."""
        tags = iter(client_tags)
        while batch := list(islice(tags, CLAIM_BATCH)):
            if self._stopping.is_set():
                self._return_to_queue([*batch, *tags])
                return
            self._send_batch(batch)

    def _return_to_queue(self, client_tags: Sequence[str]) -> None:
        """Make messages due at once, so that another worker gets a task for them."""
        waiting = frozenset({State.QUEUED, State.SUBMIT_UNKNOWN})
        self._store.apply_updates(
            [StateUpdate(client_tag=tag, expected_states=waiting, due_in=timedelta()) for tag in client_tags]
        )
        logger.info("messages_returned", count=len(client_tags))

    def _send_batch(self, batch: Sequence[str]) -> None:
        claimed_at = monotonic()
        claims = self._store.claim(
            batch, uuid4().hex[:16], claim_timeout=self._settings.lease, held_for=self._settings.hold_for
        )
        decided: list[tuple[Claim, Decision]] = []
        first_decided_at = claimed_at
        try:
            for claim in claims:
                with WorkingOn(claim.message):
                    decision = self._attempt(claim, claimed_at)
                if not decided:
                    first_decided_at = monotonic()
                decided.append((claim, decision))
                # A success between two refusals shows that they do not concern all messages: their order must be kept.
                if decision.refusal is not None or monotonic() - first_decided_at > MAX_RECORD_DELAY:
                    self._record(decided)
        finally:
            # Also when the process is told to exit: an outcome that is known must not need a look-up later.
            self._record(decided)

    def _attempt(self, claim: Claim, claimed_at: float) -> Decision:
        """Send one message, and return what to record."""
        before_send = WaitForSlotWhileClaimed(
            self._limiter, claim, claimed_at=claimed_at, call_timeout=self._settings.http_timeout
        )
        try:
            answer = self._provider.send(_to_request(claim), before_send=before_send)
        except (ProviderError, LimiterError, ClaimLost, MessageExpired) as error:
            decision = after_error(claim, error, self._settings, random)
            return self._look_up(claim, decision.refusal) if isinstance(decision, NeedsLookup) else decision
        if answer.message not in {None, claim.body}:
            report_text_difference(claim.message.client_tag, self._metrics)
        return after_success(claim, self._settings)

    def _look_up(self, claim: Claim, refusal: Refused) -> Decision:
        """Look up the tag of a message that the provider refused, and return what to record."""
        message, calls = claim.message, CountedCalls(self._resources, claim.message.lane)
        try:
            result = look_up(self._provider, message, claim.body, calls, self._metrics)
        except (ProviderError, LimiterError) as error:
            logger.warning("lookup_failed", client_tag=message.client_tag, error=str(error))
            result = LookupResult.FAILED
        if refusal.code == ResponseCode.DUPLICATE_TAG and result in {LookupResult.SENT, LookupResult.RESERVED}:
            self._metrics.duplicates.inc()
        decision = after_lookup(message, result, self._settings, now=self._store.now(), refusal=refusal)
        return replace(decision, calls=calls.count)

    def _record(self, decided: list[tuple[Claim, Decision]]) -> None:
        """Record the decisions, then empty the list."""
        if not decided:
            return
        states = self._store.apply_updates(
            [
                decision.to_update(claim.message.client_tag, State.SUBMITTING, claim.claim_id)
                for claim, decision in decided
            ]
        )
        for (claim, decision), state in zip(decided, states, strict=True):
            self._metrics.attempts.labels(lane=claim.message.lane, state=state or "too_late").inc()
            _log_outcome(claim, decision, state)
        for claim, decision in decided:
            if decision.suspends_account:
                self._suspend(decision.reason)
            elif decision.refusal is not None:
                self._note_refusal(claim, decision.refusal)
        decided.clear()

    def _suspend(self, reason: str) -> None:
        if self._store.suspend(reason, retry_in=self._settings.hold_for):
            self._log_suspended(reason)

    def _note_refusal(self, claim: Claim, refusal: Refusal) -> None:
        """Park the message, or suspend sending if another message met the same refusal before it."""
        effect = self._store.note_refusal(claim.message.client_tag, refusal.kind, retry_in=refusal.retry_in)
        if effect is RefusalEffect.PARKED and not claim.message.parked:
            self._metrics.parked.inc()
            logger.error(
                "message_parked",
                client_tag=claim.message.client_tag,
                refusal=refusal.kind,
                action="see docs/operations.md, 'A message is parked'",
            )
        elif effect is RefusalEffect.SUSPENDED:
            self._log_suspended(refusal.kind)

    def _log_suspended(self, reason: str) -> None:
        self._metrics.suspensions.labels(reason="account").inc()
        logger.error("account_suspended", reason=reason, action="see docs/operations.md, 'The account is suspended'")


def _to_request(claim: Claim) -> SendRequest:
    message = claim.message
    return SendRequest(
        phone_number=message.to,
        message=claim.body,
        client_tag=message.client_tag,
        schedule_time=message.send_at if claim.kind is ClaimKind.RESERVE else None,
        group_tag=message.group,
        carrier_id=CARRIER_IDS[message.carrier] if message.carrier else None,
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
