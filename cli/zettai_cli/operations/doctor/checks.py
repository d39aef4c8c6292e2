"""The checks of workers, queues, the provider and settings. `inspection.py` collects what they need."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from zettai.core.lanes import Lane
from zettai.core.store.suspension import PAUSED, Suspension
from zettai_cli.operations.doctor.results import Check, failed, ok, warning
from zettai_cli.shared.refused_login import CHECK_LOGIN, is_login_refused
from zettai_worker.limiter import LimiterState
from zettai_worker.ticks import BeatStatus

LATE_TICK = timedelta(seconds=10)
"""While the last tick of a job waits for a worker, the next one becomes late."""

CERTIFICATE_WARNING = timedelta(days=14)

LONG_WAIT = timedelta(minutes=10)
"""A message that is queued for longer waits for something: a large campaign, a pause, or workers."""

LATE_EVENTS = 50_000
"""A group of readers that has not read so many events is too slow. Redis keeps about 1,000,000."""


def visibility(visibility_timeout: timedelta, lease: timedelta) -> Check:
    """Check that a task is redelivered only after the claim of its message has expired."""
    found = f"{visibility_timeout.total_seconds():.0f} s; a claim lasts {lease.total_seconds():.0f} s"
    if visibility_timeout < 2 * lease:
        return warning(
            "visibility timeout", found, "lower ZETTAI_LEASE; otherwise tasks are redelivered while they still run"
        )
    return ok("visibility timeout", found)


def certificate(remaining: timedelta, version: str) -> Check:
    """Check how long the provider's certificate is valid."""
    found = f"{version}, certificate valid for {remaining.days} days"
    if remaining < CERTIFICATE_WARNING:
        return warning("provider TLS", found, "the provider must renew it; sending stops when it expires")
    return ok("provider TLS", found)


def workers(nodes: Sequence[str]) -> Check:
    """Check whether a worker is running."""
    if not nodes:
        return failed(
            "workers",
            "no worker answers",
            "start zettai worker or read its log; it needs the same ZETTAI_REDIS_URL and ZETTAI_KEY_PREFIX",
        )
    return ok("workers", f"{len(nodes)} answer: {', '.join(sorted(nodes))}")


def beat(status: BeatStatus) -> Check:
    """Check whether beat runs, and workers take its ticks. They start all retries, status checks and sweeps."""
    if not status.alive:
        return failed("beat", "no beat is running", "run zettai worker with beat on at least one host")
    if status.lag is not None and status.lag > LATE_TICK:
        late = f"the next tick is {status.lag.total_seconds():.0f} s late"
        return failed("beat", late, "start workers for the lanes urgent and status: the last tick waits for one")
    return ok("beat", "ticks are published and taken")


def queues(lengths: Mapping[Lane, int]) -> Check:
    """Report the lengths of the queues. They are never a failure: a campaign makes a long queue."""
    return ok("queues", ", ".join(f"{lane} {length:,}" for lane, length in lengths.items()))


def oldest(age: timedelta | None) -> Check:
    """Check how long the oldest queued message has waited."""
    if age is None:
        return ok("oldest queued", "no message is queued")
    found = f"for {age.total_seconds():,.0f} s"
    if age > LONG_WAIT:
        return warning(
            "oldest queued",
            found,
            "run zettai list --state queued; check that workers are running and the rate limit is right",
        )
    return ok("oldest queued", found)


def damaged(records: int) -> Check:
    """Check whether damaged records were put aside. Their messages are not processed."""
    if records:
        advice = "see docs/runbook.md, ZettaiRecordsDamaged: another program writes to this Redis"
        return failed("damaged records", f"{records:,} are put aside", advice)
    return ok("damaged records", "none")


def events(lag: Mapping[str, int], lost: Mapping[str, int]) -> Check:
    """Check whether the groups of readers read the events. They miss what Redis does not keep any more."""
    late = [f"{group} is {count:,} behind" for group, count in lag.items() if count > LATE_EVENTS]
    missed = [f"{group} has missed {count:,}" for group, count in lost.items()]
    if late or missed:
        advice = (
            "see docs/runbook.md, ZettaiEventsLag and ZettaiEventsLost: the application's loop is too slow or ended"
        )
        return warning("events", "; ".join([*late, *missed]), advice)
    return ok("events", f"{len(lag)} groups of readers" if lag else "no application reads them")


def sending(suspensions: Iterable[Suspension]) -> Check:
    """Check whether sending is suspended, for all messages or for some sender codes. `limit` tells about a pause."""
    found = [
        f"{f'sender {one.sender}' if one.sender else 'the account'} is suspended: {one.reason}"
        for one in suspensions
        if one.reason != PAUSED
    ]
    if not found:
        return ok("sending", "nothing is suspended")
    advice = "see docs/operations.md, 'The account is suspended'; it resumes by itself, or run zettai limiter resume"
    if any(map(is_login_refused, found)):
        advice = f"{CHECK_LOGIN}; then {advice}"
    return failed("sending", "; ".join(found), advice)


def sender_codes(refusals: Mapping[str, str | None]) -> Check:
    """Check whether the provider accepts each sender code.

    Args:
        refusals: for each code, how the provider refuses it, or None.
    """
    refused = [f"{code}: {refusal}" for code, refusal in refusals.items() if refusal]
    if refused:
        advice = "compare ZETTAI_SMS_CODE and ZETTAI_SENDERS with the provider's console"
        return failed("sender codes", ", ".join(refused), advice)
    return ok("sender codes", f"accepted: {', '.join(refusals)}")


def suppressions(own: str | None, expected: str | None, numbers: int) -> Check:
    """Check whether this process has the key of the suppression list.

    Args:
        own: the fingerprint of its key, or None.
        expected: the fingerprint of the key that the list belongs to; None if nothing was ever added.
        numbers: the size of the list.
    """
    name = "suppressions"
    if expected is None:
        return ok(name, "no list is kept: ZETTAI_SUPPRESSION_KEY is not set" if own is None else "the list is empty")
    if own is None:
        return ok(name, f"{numbers:,} numbers; no key here: workers need none, producers need {expected}")
    if own != expected:
        found = f"ZETTAI_SUPPRESSION_KEY has the fingerprint {own}, the list {expected}"
        return failed(name, found, "give each producer the same key; see docs/how-to/opt-outs.md")
    return ok(name, f"{numbers:,} numbers, key {own}")


def billed_parts(differences: Mapping[str, int]) -> Check:
    """Check whether the provider bills what was counted, in the latest month that beat has compared.

    Args:
        differences: by carrier; empty before the first comparison.
    """
    found = ", ".join(f"{carrier} {count:+,}" for carrier, count in differences.items() if count)
    if found:
        return warning("billed parts", found, "see docs/runbook.md, ZettaiBilledPartsDiffer")
    return ok("billed parts", "no differences" if differences else "no month was compared yet")


def only_to(numbers: int | None) -> Check:
    """Report whether this installation sends to some numbers only.

    Args:
        numbers: how many there are; None if all numbers are allowed.
    """
    if numbers is None:
        return ok("only to", "all numbers are allowed")
    advice = "leave out ZETTAI_ONLY_TO in production"
    return warning("only to", f"{numbers:,} numbers; messages to all others are rejected", advice)


def limit(state: LimiterState) -> Check:
    """Check whether the rate limit is paused or lowered."""
    found = f"{state.limit}, now {state.rate:.1f} calls per second"
    if state.paused:
        return warning("rate limit", f"{found}, paused", "run zettai limiter resume when calls may continue")
    if state.override is not None:
        return warning("rate limit", f"{found}, lowered", "run zettai limiter set --default to use the setting again")
    return ok("rate limit", found)
