"""The decisions after an attempt, as a table."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.store import Claim, ClaimKind
from zettai.core.times import now
from zettai_worker.limiter import LimiterError, LimiterPaused, LimiterTimeout, LimiterUnavailable
from zettai_worker.provider import Ambiguous, Misconfigured, NotSent, ProviderError, Refused, Throttled
from zettai_worker.sending.after_attempt import AttemptError, after_error, after_success, backoff
from zettai_worker.sending.after_lookup import after_lookup
from zettai_worker.sending.circuit_breaker import PROBE_AFTER
from zettai_worker.sending.decisions import ClaimLost, Decision, MessageExpired, NeedsLookup, Refusal
from zettai_worker.sending.lookup import LookupResult
from zettai_worker.settings import RETRY_CAP_URGENT, WorkerSettings

SETTINGS = WorkerSettings.load(token="f" * 32, client_id="1234", sms_code="12345")

NO_SLOT = LimiterTimeout()
PAUSED = LimiterPaused(None)
UNREACHABLE = NotSent("mt.json", "connection refused")
THROTTLED = Throttled("mt.json", "HTTP 429", retry_after=timedelta(seconds=7))
CLOSED_TO_US = Misconfigured("mt.json", "HTTP 403", http_status=403)
LOST = Ambiguous("mt.json", "no answer in time")
QUOTA = Refused("mt.json", 300, "Exceed sending count.")
DUPLICATE = Refused("mt.json", 400, "Duplicate client tag.")
INVALID = Refused("mt.json", 110, "Invalid phoneNumber.")
BAD_TOKEN = Refused("mt.json", 110, "Invalid token.")
BAD_SENDER = Refused("mt.json", 110, "Invalid smsCode.")
UNTRUSTED = Misconfigured("mt.json", "the certificate is not trusted")
ODD_CODES = (-1, 130, 140, 200, 310, 999)


def _claim(
    *, outcome_unknown: bool = False, attempts: int = 1, kind: ClaimKind = ClaimKind.SEND, **fields: Any
) -> Claim:
    at = now()
    message = Message(
        client_tag="t",
        to="+819012345678",
        lane=Lane.NORMAL,
        state=State.SUBMITTING,
        since=at,
        reason="attempt",
        created_at=at,
        expires_at=at + timedelta(hours=1),
        send_at=at + timedelta(hours=2) if kind is ClaimKind.RESERVE else None,
        attempts=attempts,
        unknown_since=at if outcome_unknown else None,
        sms_code="12345",
        **fields,
    )
    return Claim(kind, message, "body", "claim", at + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("error", "first", "after_unknown"),
    [
        (NO_SLOT, State.QUEUED, State.SUBMIT_UNKNOWN),
        (LimiterUnavailable("Redis"), State.QUEUED, State.SUBMIT_UNKNOWN),
        (ClaimLost(), State.QUEUED, State.SUBMIT_UNKNOWN),
        (PAUSED, State.HELD, State.SUBMIT_UNKNOWN),
        (UNREACHABLE, State.QUEUED, State.SUBMIT_UNKNOWN),
        (MessageExpired(), State.EXPIRED, State.SUBMIT_UNKNOWN),
        (UNTRUSTED, State.QUEUED, State.SUBMIT_UNKNOWN),
        (THROTTLED, State.SUBMIT_UNKNOWN, State.SUBMIT_UNKNOWN),
        (CLOSED_TO_US, State.SUBMIT_UNKNOWN, State.SUBMIT_UNKNOWN),
        (LOST, State.SUBMIT_UNKNOWN, State.SUBMIT_UNKNOWN),
        (QUOTA, State.SUBMIT_UNKNOWN, State.SUBMIT_UNKNOWN),
        (BAD_TOKEN, State.QUEUED, State.SUBMIT_UNKNOWN),
        (BAD_SENDER, State.QUEUED, State.SUBMIT_UNKNOWN),
        (INVALID, State.REJECTED, NeedsLookup),
        *((Refused("mt.json", code, "?"), State.SUBMIT_UNKNOWN, State.SUBMIT_UNKNOWN) for code in ODD_CODES),
        (DUPLICATE, NeedsLookup, NeedsLookup),
    ],
)
def test_error_after_a_first_attempt_and_after_an_unknown_outcome(
    error: AttemptError,
    first: State | type[NeedsLookup],
    after_unknown: State | type[NeedsLookup],
) -> None:
    assert _outcome(after_error(_claim(), error, SETTINGS, _no_jitter)) == first
    assert _outcome(after_error(_claim(outcome_unknown=True), error, SETTINGS, _no_jitter)) == after_unknown


@pytest.mark.parametrize("attempts", [1, 2])
def test_duplicate_tag_that_is_not_found_is_only_looked_up_from_now_on(attempts: int) -> None:
    message = _claim(attempts=attempts).message
    decision = after_lookup(message, LookupResult.NOT_FOUND, SETTINGS, now=now(), refusal=DUPLICATE)
    assert decision.to is State.SUBMIT_UNKNOWN
    assert decision.fields == {"tag_used": 1}


def test_duplicate_tag_of_a_reservation_that_is_gone_is_recorded_as_scheduled() -> None:
    message = _claim(attempts=2, outcome_unknown=True, kind=ClaimKind.RESERVE).message
    decision = after_lookup(message, LookupResult.NOT_FOUND, SETTINGS, now=now(), refusal=DUPLICATE)
    assert decision.to is State.SCHEDULED


@pytest.mark.parametrize(
    ("error", "not_attempted"), [(NO_SLOT, True), (PAUSED, True), (UNREACHABLE, False), (LOST, False)]
)
def test_waiting_for_a_slot_costs_no_attempt(error: ProviderError | LimiterError, *, not_attempted: bool) -> None:
    decision = after_error(_claim(), error, SETTINGS, _no_jitter)
    assert isinstance(decision, Decision)
    assert decision.not_attempted is not_attempted


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (QUOTA, Refusal("code 300", SETTINGS.hold_for)),
        (BAD_TOKEN, Refusal("Invalid token", SETTINGS.hold_for)),
        (BAD_SENDER, Refusal("Invalid smsCode", SETTINGS.hold_for, "12345")),
        (Refused("mt.json", 310, "smsCode 12345 ?"), Refusal("code 310 smsCode", SETTINGS.hold_for, "12345")),
        (CLOSED_TO_US, Refusal("HTTP 403", PROBE_AFTER)),
        (Refused("mt.json", 310, "?"), Refusal("code 310", PROBE_AFTER)),
        (THROTTLED, None),
        (LOST, None),
    ],
)
@pytest.mark.parametrize("outcome_unknown", [False, True])
def test_refusal_that_may_concern_every_message_is_noted(
    error: ProviderError, refusal: Refusal | None, *, outcome_unknown: bool
) -> None:
    decision = after_error(_claim(outcome_unknown=outcome_unknown), error, SETTINGS, _no_jitter)
    assert isinstance(decision, Decision)
    assert decision.refusal == refusal


def test_parked_message_waits_longer_each_time() -> None:
    waits = []
    for attempts in (1, 2, 3, 40):
        decision = after_error(_claim(attempts=attempts), QUOTA, SETTINGS, _no_jitter)
        assert isinstance(decision, Decision)
        waits.append(decision.due_in)
    assert waits == [SETTINGS.hold_for * factor for factor in (1, 2, 4, 60)]


@pytest.mark.parametrize(
    "error",
    [
        Refused("mt.json", 110, "Invalid [scheduleTime]."),
        Refused("mt.json", 120, "Schedule time too long."),
        Refused("mt.json", 140, "Past."),
    ],
)
def test_reservation_that_is_refused_for_its_time_is_sent_at_its_time(error: Refused) -> None:
    claim = _claim(kind=ClaimKind.RESERVE)
    decision = after_error(claim, error, SETTINGS, _no_jitter)
    assert isinstance(decision, Decision)
    assert decision.to is (State.SUBMIT_UNKNOWN if error.code == 140 else State.QUEUED)
    assert decision.fields == {"reservation_refused": 1}
    assert claim.message.send_at is not None
    assert decision.due_in == claim.message.send_at - claim.message.since


def test_rejection_keeps_the_providers_code_and_text() -> None:
    decision = after_error(_claim(), INVALID, SETTINGS, _no_jitter)
    assert isinstance(decision, Decision)
    assert decision.reason == "110 Invalid phoneNumber."


def test_throttled_message_waits_for_retry_after() -> None:
    decision = after_error(_claim(), THROTTLED, SETTINGS, _no_jitter)
    assert isinstance(decision, Decision)
    assert decision.due_in == timedelta(seconds=7)


def test_success_is_accepted_or_scheduled() -> None:
    assert after_success(_claim(), SETTINGS).to is State.ACCEPTED
    reserved = after_success(_claim(kind=ClaimKind.RESERVE), SETTINGS)
    assert reserved.to is State.SCHEDULED
    assert reserved.due_in is not None
    assert reserved.due_in >= timedelta(hours=2)


@pytest.mark.parametrize(
    ("result", "refusal", "to"),
    [
        (LookupResult.SENT, None, State.ACCEPTED),
        (LookupResult.SENT, INVALID, State.ACCEPTED),
        (LookupResult.RESERVED, DUPLICATE, State.SCHEDULED),
        (LookupResult.OTHER_MESSAGE, DUPLICATE, State.FAILED),
        (LookupResult.NOT_FOUND, None, State.SUBMIT_UNKNOWN),
        (LookupResult.NOT_FOUND, DUPLICATE, State.SUBMIT_UNKNOWN),
        (LookupResult.NOT_FOUND, INVALID, State.SUBMIT_UNKNOWN),
        (LookupResult.FAILED, INVALID, State.SUBMIT_UNKNOWN),
    ],
)
def test_lookup_decides_by_what_the_provider_has(result: LookupResult, refusal: Refused | None, to: State) -> None:
    message = _claim(outcome_unknown=True).message
    assert after_lookup(message, result, SETTINGS, now=now(), refusal=refusal).to is to


@pytest.mark.parametrize(
    ("fields", "to", "reason"),
    [
        ({"cancel_requested": True}, State.CANCELED, "on request"),
        ({"refused": "110 Invalid phoneNumber."}, State.REJECTED, "110 Invalid phoneNumber."),
        ({"tag_used": True}, State.FAILED, "tag_conflict"),
        ({"tag_used": True, "attempts": 2}, None, "not found at the provider"),
        ({}, None, "not found at the provider"),
    ],
)
def test_two_empty_lookups_far_apart_prove_that_the_provider_does_not_have_it(
    fields: dict[str, Any], to: State | None, reason: str
) -> None:
    message, at = _unknown(**fields), now()

    proof = replace(message, not_found_since=at - SETTINGS.status_lag)
    decision = after_lookup(proof, LookupResult.NOT_FOUND, SETTINGS, now=at)
    assert (decision.to, decision.reason) == (to, reason)

    for doubt in (message, replace(message, not_found_since=at - SETTINGS.status_lag / 2)):
        assert after_lookup(doubt, LookupResult.NOT_FOUND, SETTINGS, now=at).to is None
    assert after_lookup(proof, LookupResult.FAILED, SETTINGS, now=at).to is None


def test_gap_between_lookups_is_as_long_as_the_doubt() -> None:
    at = now()
    for minutes in (1, 5, 60):
        message = _unknown(unknown_since=at - timedelta(minutes=minutes))
        decision = after_lookup(message, LookupResult.FAILED, SETTINGS, now=at)
        assert decision.due_in == timedelta(minutes=minutes)


@pytest.mark.parametrize("result", [LookupResult.NOT_FOUND, LookupResult.FAILED])
def test_unknown_outcome_ends_as_delivery_unknown_after_give_up(result: LookupResult) -> None:
    message = _unknown()
    late = message.expires_at + SETTINGS.give_up_after
    assert after_lookup(message, result, SETTINGS, now=late).to is State.DELIVERY_UNKNOWN


def test_backoff_grows_up_to_the_lanes_cap() -> None:
    longest = [backoff(attempts, Lane.NORMAL, SETTINGS, _full_jitter) for attempts in range(1, 40)]
    assert longest == sorted(longest)
    assert longest[0] == SETTINGS.retry_after
    assert longest[-1] == SETTINGS.retry_cap
    assert backoff(40, Lane.URGENT, SETTINGS, _full_jitter) == RETRY_CAP_URGENT
    assert backoff(40, Lane.URGENT, SETTINGS, _full_jitter, timedelta(minutes=10)) == RETRY_CAP_URGENT
    assert backoff(40, Lane.URGENT, SETTINGS, _full_jitter, timedelta(hours=1)) == timedelta(minutes=1)
    assert backoff(40, Lane.URGENT, SETTINGS, _full_jitter, timedelta(days=1)) == SETTINGS.retry_cap
    assert timedelta() < backoff(1, Lane.NORMAL, SETTINGS, _no_jitter) < backoff(1, Lane.NORMAL, SETTINGS, _full_jitter)


def _unknown(**fields: Any) -> Message:
    """Return a message that is only looked up."""
    return replace(_claim(outcome_unknown=True).message, state=State.SUBMIT_UNKNOWN, **fields)


def _outcome(decision: Decision | NeedsLookup) -> State | type[NeedsLookup] | None:
    return NeedsLookup if isinstance(decision, NeedsLookup) else decision.to


def _no_jitter() -> float:
    return 0.0


def _full_jitter() -> float:
    return 1.0
