"""Sending: claim, ask the provider, settle. What an answer leads to is decided in `retry.py`."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import islice
from random import random
from threading import Event
from time import monotonic
from uuid import uuid4

import structlog

from zettai.core.log_context import WorkingOn
from zettai.core.states import State
from zettai.core.store import Claim, ClaimKind, StateUpdate, WorkerStore
from zettai.core.validation import Carrier
from zettai_worker.limiter import Limiter, LimiterError
from zettai_worker.metrics import counters as metrics
from zettai_worker.provider import CarrierId, ProviderClient, ProviderError, Refused, ResponseCode, SendRequest
from zettai_worker.sending.before_send import LeasedGate, gate
from zettai_worker.sending.decisions import Decision, LeaseLost, Trace, after_error, after_look_up, after_success
from zettai_worker.sending.lookup import look_up
from zettai_worker.settings import WorkerSettings

logger = structlog.get_logger("zettai.sending")

CLAIMED_AT_ONCE = 16
"""Messages claimed and settled by one script call: few, since a killed worker leaves them all to be looked up."""

SETTLED_WITHIN = 2.0
"""Seconds that an answer may wait to be settled together with others."""

OURS = frozenset({Trace.SENT, Trace.RESERVED})
"""What a look-up finds where the provider has our own message."""

CARRIER_IDS = {
    Carrier.KDDI: CarrierId.KDDI,
    Carrier.DOCOMO: CarrierId.DOCOMO,
    Carrier.SOFTBANK: CarrierId.SOFTBANK,
    Carrier.RAKUTEN: CarrierId.RAKUTEN,
}


class Sender:
    """Sends the messages that a task names, as far as the store gives the right to."""

    def __init__(
        self, store: WorkerStore, provider: ProviderClient, limiter: Limiter, settings: WorkerSettings
    ) -> None:
        self._store = store
        self._provider = provider
        self._limiter = limiter
        self._settings = settings
        self._stopping = Event()

    def stop(self) -> None:
        """Begin nothing more: what is in the air is finished, the rest handed back."""
        self._stopping.set()

    def send(self, client_tags: Sequence[str]) -> None:
        """See to each message that is there to be sent; the others are somebody else's, or done."""
        tags = iter(client_tags)
        while batch := list(islice(tags, CLAIMED_AT_ONCE)):
            if self._stopping.is_set():
                self._hand_back([*batch, *tags])
                return
            self._send_batch(batch)

    def _hand_back(self, client_tags: Sequence[str]) -> None:
        """Make messages due at once that no task of ours will see to."""
        waiting = frozenset({State.QUEUED, State.SUBMIT_UNKNOWN})
        self._store.apply_updates(
            [StateUpdate(client_tag=tag, expected_states=waiting, due_in=timedelta()) for tag in client_tags]
        )
        logger.info("handed_back", count=len(client_tags))

    def _send_batch(self, batch: Sequence[str]) -> None:
        claimed_at = monotonic()
        claims = self._store.claim(batch, uuid4().hex[:16], lease=self._settings.lease, hold=self._settings.hold_for)
        answered: list[tuple[Claim, Decision]] = []
        oldest = claimed_at
        try:
            for claim in claims:
                with WorkingOn(claim.message):
                    decision = self._attempt(claim, claimed_at)
                if not answered:
                    oldest = monotonic()
                answered.append((claim, decision))
                if monotonic() - oldest > SETTLED_WITHIN:
                    self._settle(answered)
        finally:
            # Also when the process is told to end: an answer that is known is never left to be asked for again.
            self._settle(answered)

    def _attempt(self, claim: Claim, claimed_at: float) -> Decision:
        """Send one message, or look it up; whatever happens becomes a decision."""
        if claim.kind is ClaimKind.LOOK_UP:
            return self._look_up(claim)
        leased = LeasedGate(self._limiter, claim.message.lane, claimed_at=claimed_at, usable=self._settings.slot_wait)
        try:
            self._provider.send(_request(claim), gate=leased)
        except (ProviderError, LimiterError, LeaseLost) as error:
            return self._after_error(claim, error)
        return after_success(claim, self._settings)

    def _after_error(self, claim: Claim, error: ProviderError | LimiterError | LeaseLost) -> Decision:
        decision = after_error(claim, error, self._settings, random)
        if isinstance(decision, Decision):
            return decision
        return self._look_up(claim, error if isinstance(error, Refused) else None)

    def _look_up(self, claim: Claim, refusal: Refused | None = None) -> Decision:
        """Ask the provider about the tag; where that fails too, it is asked again later."""
        open_gate = gate(self._limiter, claim.message.lane, self._settings.slot_wait)
        try:
            trace = look_up(self._provider, claim.message, claim.body, open_gate)
        except (ProviderError, LimiterError) as error:
            logger.warning("look_up_failed", client_tag=claim.message.client_tag, error=str(error))
            trace = Trace.UNKNOWN
        if trace in OURS and refusal is not None and refusal.code == ResponseCode.DUPLICATE_TAG:
            metrics.DUPLICATES.inc()
        now = self._store.now()
        return after_look_up(claim, trace, self._settings, random, now=now, refusal=refusal)

    def _settle(self, answered: list[tuple[Claim, Decision]]) -> None:
        """Record the decisions, and forget them here."""
        if not answered:
            return
        states = self._store.apply_updates([_order(claim, decision) for claim, decision in answered])
        for (claim, decision), state in zip(answered, states, strict=True):
            _tell(claim, decision, state)
        reasons = [decision.reason for _, decision in answered if decision.holds_account]
        if reasons and self._store.hold_account(reasons[0], again_in=self._settings.hold_for):
            metrics.HOLDS.labels(reason="account").inc()
            logger.error("account_held", reason=reasons[0], action="see docs/operations.md, 'The account is held'")
        answered.clear()


def _request(claim: Claim) -> SendRequest:
    message = claim.message
    return SendRequest(
        phone_number=message.to,
        message=claim.body,
        client_tag=message.client_tag,
        schedule_time=message.send_at if claim.kind is ClaimKind.RESERVE else None,
        group_tag=message.group,
        carrier_id=CARRIER_IDS[message.carrier] if message.carrier else None,
    )


def _order(claim: Claim, decision: Decision) -> StateUpdate:
    looked_up = claim.kind is ClaimKind.LOOK_UP
    return StateUpdate(
        client_tag=claim.message.client_tag,
        expected_states=frozenset({State.SUBMIT_UNKNOWN if looked_up else State.SUBMITTING}),
        token=None if looked_up else claim.token,
        to=decision.to,
        reason=decision.reason,
        due_in=decision.due_in,
        unspent=decision.unspent,
    )


def _tell(claim: Claim, decision: Decision, state: State | None) -> None:
    """Log and count what became of an attempt; successes of a campaign are counted only."""
    message = claim.message
    metrics.SETTLED.labels(lane=message.lane, state=state or "too_late").inc()
    if state in {State.ACCEPTED, State.SCHEDULED}:
        logger.debug("taken", client_tag=message.client_tag, lane=message.lane, attempt=message.attempts, state=state)
    elif state is None:
        # A delivery report was quicker, or the lease was lost and another worker has settled it.
        logger.info(
            "settled_by_another",
            client_tag=message.client_tag,
            lane=message.lane,
            attempt=message.attempts,
            reason=decision.reason,
        )
    else:
        logger.warning(
            "not_taken",
            client_tag=message.client_tag,
            lane=message.lane,
            attempt=message.attempts,
            state=state,
            reason=decision.reason,
        )
