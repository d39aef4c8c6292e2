"""What follows an attempt, as a table: three questions, one decision."""

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
    Decision,
    LeaseLost,
    LookUp,
    Trace,
    after_error,
    after_look_up,
    after_success,
    wait,
)
from zettai_worker.settings import WorkerSettings

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


def _claim(*, unsure: bool = False, attempts: int = 1, kind: ClaimKind = ClaimKind.SEND) -> Claim:
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
    return Claim(kind, message, "body", unsure, "token")


@pytest.mark.parametrize(
    ("error", "sure", "in_doubt"),
    [
        (NO_SLOT, State.QUEUED, State.SUBMIT_UNKNOWN),
        (LimiterUnavailable("Redis"), State.QUEUED, State.SUBMIT_UNKNOWN),
        (LeaseLost(), State.QUEUED, State.SUBMIT_UNKNOWN),
        (PAUSED, State.HELD, State.SUBMIT_UNKNOWN),
        (UNREACHABLE, State.QUEUED, State.SUBMIT_UNKNOWN),
        (THROTTLED, State.QUEUED, State.SUBMIT_UNKNOWN),
        (CLOSED_TO_US, State.HELD, State.SUBMIT_UNKNOWN),
        (LOST, State.SUBMIT_UNKNOWN, State.SUBMIT_UNKNOWN),
        (QUOTA, State.HELD, State.SUBMIT_UNKNOWN),
        (BAD_TOKEN, State.HELD, State.SUBMIT_UNKNOWN),
        (INVALID, State.REJECTED, LookUp),
        (NEW_CODE, State.REJECTED, LookUp),
        (DUPLICATE, LookUp, LookUp),
    ],
)
def test_an_error_leads_to(
    error: ProviderError | LimiterError | LeaseLost, sure: State | str, in_doubt: State | str
) -> None:
    """The first time, and after an attempt that may have been taken: then no error alone proves it unsent."""
    assert _outcome(after_error(_claim(), error, SETTINGS, _no_luck)) == sure
    assert _outcome(after_error(_claim(unsure=True), error, SETTINGS, _no_luck)) == in_doubt


@pytest.mark.parametrize(("attempts", "to"), [(1, State.FAILED), (2, State.SUBMIT_UNKNOWN)])
def test_a_duplicate_without_a_trace(attempts: int, to: State) -> None:
    """Without an attempt of ours somebody else used the tag (and canceled it); after one it may be our message."""
    claim = _claim(attempts=attempts)
    assert after_look_up(claim, Trace.NOTHING, SETTINGS, _no_luck, now=now(), refusal=DUPLICATE).to is to


def test_a_duplicate_without_a_trace_is_a_reservation_that_was_there() -> None:
    """Taken, and cancelled since, perhaps by our own call for its group: what remains is to find that out."""
    claim = _claim(attempts=2, unsure=True, kind=ClaimKind.RESERVE)
    decision = after_look_up(claim, Trace.NOTHING, SETTINGS, _no_luck, now=now(), refusal=DUPLICATE)
    assert decision.to is State.SCHEDULED


@pytest.mark.parametrize(("error", "unspent"), [(NO_SLOT, True), (PAUSED, True), (UNREACHABLE, False), (LOST, False)])
def test_waiting_for_a_slot_costs_no_attempt(error: ProviderError | LimiterError, *, unspent: bool) -> None:
    """Only what reached for the provider counts."""
    decision = after_error(_claim(), error, SETTINGS, _no_luck)
    assert isinstance(decision, Decision)
    assert decision.unspent is unspent


@pytest.mark.parametrize("error", [QUOTA, BAD_TOKEN, CLOSED_TO_US, PAUSED])
@pytest.mark.parametrize("unsure", [False, True])
def test_what_no_other_message_would_survive_holds_the_account(
    error: ProviderError | LimiterError, *, unsure: bool
) -> None:
    """One alert instead of a rejected campaign."""
    decision = after_error(_claim(unsure=unsure), error, SETTINGS, _no_luck)
    assert isinstance(decision, Decision)
    assert decision.holds_account


def test_the_providers_words_are_kept() -> None:
    """A rejection says why."""
    decision = after_error(_claim(), INVALID, SETTINGS, _no_luck)
    assert isinstance(decision, Decision)
    assert decision.reason == "110 Invalid phoneNumber."


def test_retry_after_is_obeyed() -> None:
    """The provider knows best when to come back."""
    decision = after_error(_claim(), THROTTLED, SETTINGS, _no_luck)
    assert isinstance(decision, Decision)
    assert decision.due_in == timedelta(seconds=7)


def test_success() -> None:
    """Code 0 means accepted, or reserved where a time was sent along."""
    assert after_success(_claim(), SETTINGS).to is State.ACCEPTED
    reserved = after_success(_claim(kind=ClaimKind.RESERVE), SETTINGS)
    assert reserved.to is State.SCHEDULED
    assert reserved.due_in is not None
    assert reserved.due_in >= timedelta(hours=2)


@pytest.mark.parametrize(
    ("trace", "refusal", "to"),
    [
        (Trace.SENT, None, State.ACCEPTED),
        (Trace.SENT, INVALID, State.ACCEPTED),
        (Trace.RESERVED, DUPLICATE, State.SCHEDULED),
        (Trace.FOREIGN, DUPLICATE, State.FAILED),
        (Trace.NOTHING, None, State.SUBMIT_UNKNOWN),
        (Trace.NOTHING, DUPLICATE, State.SUBMIT_UNKNOWN),
        (Trace.NOTHING, INVALID, State.REJECTED),
        (Trace.UNKNOWN, INVALID, State.SUBMIT_UNKNOWN),
    ],
)
def test_a_look_up_leads_to(trace: Trace, refusal: Refused | None, to: State) -> None:
    """What the provider shows decides; no trace proves nothing, unless it refuses the content as well."""
    claim = _claim(unsure=True)
    assert after_look_up(claim, trace, SETTINGS, _no_luck, now=now(), refusal=refusal).to is to


def test_a_look_up_alone_leaves_doubt_where_it_is() -> None:
    """Without an attempt there is no state to come back from."""
    claim = _claim(unsure=True, kind=ClaimKind.LOOK_UP)
    assert after_look_up(claim, Trace.NOTHING, SETTINGS, _no_luck, now=now()).to is None


def test_doubt_ends_when_we_give_up() -> None:
    """As delivery_unknown, never as expired: it may have been sent."""
    claim = _claim(unsure=True, kind=ClaimKind.LOOK_UP)
    late = claim.message.expires_at + SETTINGS.give_up_after
    assert after_look_up(claim, Trace.NOTHING, SETTINGS, _no_luck, now=late).to is State.DELIVERY_UNKNOWN


def test_waits_grow_and_are_capped() -> None:
    """Exponential, with full jitter over a floor, and short for one-time passwords."""
    longest = [wait(attempts, Lane.NORMAL, SETTINGS, _all_luck) for attempts in range(1, 40)]
    assert longest == sorted(longest)
    assert longest[0] == SETTINGS.retry_after
    assert longest[-1] == SETTINGS.retry_cap
    assert wait(40, Lane.URGENT, SETTINGS, _all_luck) == SETTINGS.retry_cap_urgent
    assert timedelta() < wait(1, Lane.NORMAL, SETTINGS, _no_luck) < wait(1, Lane.NORMAL, SETTINGS, _all_luck)


def _outcome(decision: Decision | str) -> State | str | None:
    return decision if isinstance(decision, str) else decision.to


def _no_luck() -> float:
    return 0.0


def _all_luck() -> float:
    return 1.0
