"""The decisions after an attempt, as a table."""

from datetime import timedelta

import pytest

from zettai import State
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.store import Claim, ClaimKind
from zettai.core.times import now
from zettai_worker.limiter import LimiterError, LimiterPaused, LimiterTimeout, LimiterUnavailable
from zettai_worker.provider import Ambiguous, Misconfigured, NotSent, ProviderError, Refused, Throttled
from zettai_worker.sending.decisions import (
    ClaimLost,
    Decision,
    LookupResult,
    NeedsLookup,
    after_error,
    after_lookup,
    after_success,
    backoff,
)
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
NEW_CODE = Refused("mt.json", 777, "Never heard of.")


def _claim(*, outcome_unknown: bool = False, attempts: int = 1, kind: ClaimKind = ClaimKind.SEND) -> Claim:
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
    )
    return Claim(kind, message, "body", outcome_unknown, "claim")


@pytest.mark.parametrize(
    ("error", "first", "after_unknown"),
    [
        (NO_SLOT, State.QUEUED, State.SUBMIT_UNKNOWN),
        (LimiterUnavailable("Redis"), State.QUEUED, State.SUBMIT_UNKNOWN),
        (ClaimLost(), State.QUEUED, State.SUBMIT_UNKNOWN),
        (PAUSED, State.HELD, State.SUBMIT_UNKNOWN),
        (UNREACHABLE, State.QUEUED, State.SUBMIT_UNKNOWN),
        (THROTTLED, State.QUEUED, State.SUBMIT_UNKNOWN),
        (CLOSED_TO_US, State.HELD, State.SUBMIT_UNKNOWN),
        (LOST, State.SUBMIT_UNKNOWN, State.SUBMIT_UNKNOWN),
        (QUOTA, State.HELD, State.SUBMIT_UNKNOWN),
        (BAD_TOKEN, State.HELD, State.SUBMIT_UNKNOWN),
        (INVALID, State.REJECTED, NeedsLookup),
        (NEW_CODE, State.REJECTED, NeedsLookup),
        (DUPLICATE, NeedsLookup, NeedsLookup),
    ],
)
def test_error_after_a_first_attempt_and_after_an_unknown_outcome(
    error: ProviderError | LimiterError | ClaimLost,
    first: State | type[NeedsLookup],
    after_unknown: State | type[NeedsLookup],
) -> None:
    assert _outcome(after_error(_claim(), error, SETTINGS, _no_jitter)) == first
    assert _outcome(after_error(_claim(outcome_unknown=True), error, SETTINGS, _no_jitter)) == after_unknown


@pytest.mark.parametrize(("attempts", "to"), [(1, State.FAILED), (2, State.SUBMIT_UNKNOWN)])
def test_duplicate_tag_that_is_not_found_fails_only_without_an_earlier_attempt(attempts: int, to: State) -> None:
    claim = _claim(attempts=attempts)
    assert after_lookup(claim, LookupResult.NOT_FOUND, SETTINGS, _no_jitter, now=now(), refusal=DUPLICATE).to is to


def test_duplicate_tag_of_a_reservation_that_is_gone_is_recorded_as_scheduled() -> None:
    claim = _claim(attempts=2, outcome_unknown=True, kind=ClaimKind.RESERVE)
    decision = after_lookup(claim, LookupResult.NOT_FOUND, SETTINGS, _no_jitter, now=now(), refusal=DUPLICATE)
    assert decision.to is State.SCHEDULED


@pytest.mark.parametrize(
    ("error", "not_attempted"), [(NO_SLOT, True), (PAUSED, True), (UNREACHABLE, False), (LOST, False)]
)
def test_waiting_for_a_slot_costs_no_attempt(error: ProviderError | LimiterError, *, not_attempted: bool) -> None:
    decision = after_error(_claim(), error, SETTINGS, _no_jitter)
    assert isinstance(decision, Decision)
    assert decision.not_attempted is not_attempted


@pytest.mark.parametrize("error", [QUOTA, BAD_TOKEN, CLOSED_TO_US, PAUSED])
@pytest.mark.parametrize("outcome_unknown", [False, True])
def test_error_that_concerns_every_message_suspends_the_account(
    error: ProviderError | LimiterError, *, outcome_unknown: bool
) -> None:
    decision = after_error(_claim(outcome_unknown=outcome_unknown), error, SETTINGS, _no_jitter)
    assert isinstance(decision, Decision)
    assert decision.suspends_account


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
        (LookupResult.NOT_FOUND, INVALID, State.REJECTED),
        (LookupResult.FAILED, INVALID, State.SUBMIT_UNKNOWN),
    ],
)
def test_lookup_decides_by_what_the_provider_has(result: LookupResult, refusal: Refused | None, to: State) -> None:
    claim = _claim(outcome_unknown=True)
    assert after_lookup(claim, result, SETTINGS, _no_jitter, now=now(), refusal=refusal).to is to


def test_lookup_without_an_attempt_leaves_the_state_unchanged() -> None:
    claim = _claim(outcome_unknown=True, kind=ClaimKind.LOOK_UP)
    assert after_lookup(claim, LookupResult.NOT_FOUND, SETTINGS, _no_jitter, now=now()).to is None


def test_unknown_outcome_ends_as_delivery_unknown_after_give_up() -> None:
    claim = _claim(outcome_unknown=True, kind=ClaimKind.LOOK_UP)
    late = claim.message.expires_at + SETTINGS.give_up_after
    assert after_lookup(claim, LookupResult.NOT_FOUND, SETTINGS, _no_jitter, now=late).to is State.DELIVERY_UNKNOWN


def test_backoff_grows_up_to_the_lanes_cap() -> None:
    longest = [backoff(attempts, Lane.NORMAL, SETTINGS, _full_jitter) for attempts in range(1, 40)]
    assert longest == sorted(longest)
    assert longest[0] == SETTINGS.retry_after
    assert longest[-1] == SETTINGS.retry_cap
    assert backoff(40, Lane.URGENT, SETTINGS, _full_jitter) == RETRY_CAP_URGENT
    assert timedelta() < backoff(1, Lane.NORMAL, SETTINGS, _no_jitter) < backoff(1, Lane.NORMAL, SETTINGS, _full_jitter)


def _outcome(decision: Decision | NeedsLookup) -> State | type[NeedsLookup] | None:
    return NeedsLookup if isinstance(decision, NeedsLookup) else decision.to


def _no_jitter() -> float:
    return 0.0


def _full_jitter() -> float:
    return 1.0
