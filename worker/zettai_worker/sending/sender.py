"""Send messages: claim them, call the provider, record the outcome. `decisions.py` decides what to record."""

from collections.abc import Sequence
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
from zettai.core.store import Claim, ClaimKind, StateUpdate, WorkerStore
from zettai_worker.limiter import Limiter, LimiterError
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import CarrierId, ProviderClient, ProviderError, Refused, ResponseCode, SendRequest
from zettai_worker.sending.before_send import WaitForSlotWhileClaimed, wait_for_slot
from zettai_worker.sending.decisions import (
    ClaimLost,
    Decision,
    LookupResult,
    NeedsLookup,
    after_error,
    after_lookup,
    after_success,
)
from zettai_worker.sending.lookup import look_up
from zettai_worker.settings import WorkerSettings

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

    def __init__(
        self,
        store: WorkerStore,
        provider: ProviderClient,
        limiter: Limiter,
        settings: WorkerSettings,
        metrics: WorkerMetrics,
    ) -> None:
        self._store = store
        self._provider = provider
        self._limiter = limiter
        self._settings = settings
        self._metrics = metrics
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
                if monotonic() - first_decided_at > MAX_RECORD_DELAY:
                    self._record(decided)
        finally:
            # Also when the process is told to exit: an outcome that is known must not need a look-up later.
            self._record(decided)

    def _attempt(self, claim: Claim, claimed_at: float) -> Decision:
        """Send one message, or look it up, and return what to record."""
        if claim.kind is ClaimKind.LOOK_UP:
            return self._look_up(claim)
        before_send = WaitForSlotWhileClaimed(
            self._limiter, claim.message.lane, claimed_at=claimed_at, usable=self._settings.slot_wait
        )
        try:
            self._provider.send(_to_request(claim), before_send=before_send)
        except (ProviderError, LimiterError, ClaimLost) as error:
            decision = after_error(claim, error, self._settings, random)
            return self._look_up(claim, decision.refusal) if isinstance(decision, NeedsLookup) else decision
        return after_success(claim, self._settings)

    def _look_up(self, claim: Claim, refusal: Refused | None = None) -> Decision:
        """Look the tag up at the provider, and return what to record."""
        message = claim.message
        before_send = wait_for_slot(self._limiter, message.lane, self._settings.slot_wait)
        try:
            result = look_up(self._provider, message, claim.body, before_send)
        except (ProviderError, LimiterError) as error:
            logger.warning("lookup_failed", client_tag=message.client_tag, error=str(error))
            result = LookupResult.FAILED
        is_duplicate = refusal is not None and refusal.code == ResponseCode.DUPLICATE_TAG
        if is_duplicate and result in {LookupResult.SENT, LookupResult.RESERVED}:
            self._metrics.duplicates.inc()
        return after_lookup(claim, result, self._settings, random, now=self._store.now(), refusal=refusal)

    def _record(self, decided: list[tuple[Claim, Decision]]) -> None:
        """Record the decisions, then empty the list."""
        if not decided:
            return
        states = self._store.apply_updates([_to_update(claim, decision) for claim, decision in decided])
        for (claim, decision), state in zip(decided, states, strict=True):
            self._metrics.attempts.labels(lane=claim.message.lane, state=state or "too_late").inc()
            _log_outcome(claim, decision, state)
        reasons = [decision.reason for _, decision in decided if decision.suspends_account]
        if reasons and self._store.suspend(reasons[0], retry_in=self._settings.hold_for):
            self._metrics.suspensions.labels(reason="account").inc()
            logger.error(
                "account_suspended", reason=reasons[0], action="see docs/operations.md, 'The account is suspended'"
            )
        decided.clear()


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


def _to_update(claim: Claim, decision: Decision) -> StateUpdate:
    is_lookup = claim.kind is ClaimKind.LOOK_UP
    return StateUpdate(
        client_tag=claim.message.client_tag,
        expected_states=frozenset({State.SUBMIT_UNKNOWN if is_lookup else State.SUBMITTING}),
        claim_id=None if is_lookup else claim.claim_id,
        to=decision.to,
        reason=decision.reason,
        due_in=decision.due_in,
        not_attempted=decision.not_attempted,
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
