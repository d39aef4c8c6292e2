"""What to record after a look-up of a message whose outcome is unknown: pure functions without I/O."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from zettai.core.message import Message
from zettai.core.states import State
from zettai_worker.following.schedule import next_question
from zettai_worker.provider import Refused, ResponseCode
from zettai_worker.sending.decisions import Decision, describe, reserved
from zettai_worker.sending.lookup import LookupResult
from zettai_worker.settings import WorkerSettings


def after_lookup(
    message: Message, result: LookupResult, settings: WorkerSettings, *, now: datetime, refusal: Refused | None = None
) -> Decision:
    """Decide after a look-up of the tag of a message whose outcome is unknown.

    Args:
        message: under a claim, or `submit_unknown`.
        result: what the provider has under the tag.
        settings: for the times.
        now: the time of Redis.
        refusal: the answer to an attempt that led to the look-up, if one did.
    """
    match result:
        case LookupResult.SENT:
            return Decision(State.ACCEPTED, "found at the provider", settings.status_check_after, found=True)
        case LookupResult.RESERVED:
            return replace(reserved(message, "found at the provider", settings, now), found=True)
        case LookupResult.OTHER_MESSAGE:
            return Decision(State.FAILED, "tag_conflict")
    fields = {} if refusal is None else _fields_of(refusal)
    is_used_again = "tag_used" in fields and _was_attempted_before(message)
    if result is LookupResult.NOT_FOUND and is_used_again and message.send_at is not None:
        # The provider took our reservation and does not have it now, so it was canceled: by our cancel of its group
        # or in the provider's console. The requested cancel or the comparison of reservations will find that.
        return reserved(message, "taken by an earlier attempt", settings, now)
    if (ended := _after_proof(message, result, settings, now)) is not None:
        return ended
    return _still_unknown(message, result, settings, now, fields)


def _fields_of(refusal: Refused) -> dict[str, str | int]:
    """Return what to record so that a refused message is only looked up from now on."""
    return {"tag_used": 1} if refusal.code == ResponseCode.DUPLICATE_TAG else {"refused": describe(refusal)}


def _was_attempted_before(message: Message) -> bool:
    return message.attempts > 1 or message.unknown_since is not None


def _after_proof(message: Message, result: LookupResult, settings: WorkerSettings, now: datetime) -> Decision | None:
    """Return what follows if two empty look-ups, far enough apart, prove that the provider does not have a message."""
    since = message.not_found_since
    if result is not LookupResult.NOT_FOUND or since is None or now - since < settings.status_lag:
        return None
    if message.cancel_requested:
        return Decision(State.CANCELED, message.cancel_reason, found=False)
    if message.refused is not None:
        return Decision(State.REJECTED, message.refused, found=False)
    if message.tag_used and message.attempts <= 1:
        return Decision(State.FAILED, "tag_conflict", found=False)
    return None


def _still_unknown(
    message: Message, result: LookupResult, settings: WorkerSettings, now: datetime, fields: Mapping[str, str | int]
) -> Decision:
    is_missing = result is LookupResult.NOT_FOUND
    reason = "not found at the provider" if is_missing else "look-up failed"
    found = False if is_missing else None
    end = message.expires_at + settings.give_up_after
    if now >= end:
        return Decision(State.DELIVERY_UNKNOWN, reason, found=found)
    began = message.unknown_since or message.since
    wait = next_question(message, now - began, end - began, settings)
    if message.send_at is not None and message.send_at > now:
        wait = min(wait, message.send_at - now)  # At its send time it is sent again, if the provider does not have it.
    is_unknown_already = message.state is State.SUBMIT_UNKNOWN
    return Decision(None if is_unknown_already else State.SUBMIT_UNKNOWN, reason, wait, fields=fields, found=found)
