"""Why a message entered its state, in ordinary words. The texts are keys of the catalog."""

import re
from collections.abc import Callable, Mapping

from zettai.core.aossms.codes import FailureCause, ResponseCode, explain_failure
from zettai.core.logging import PHONE_NUMBER
from zettai.core.phone_numbers import mask
from zettai_console.language import mark

Say = Callable[..., str]
"""Translates a text, and fills in its parameters."""

REASONS: Mapping[str, str] = {
    "created": mark("Recorded."),
    "try again": mark("It is time for the next attempt."),
    "attempt": mark("A worker has taken the message."),
    "code 0": mark("The provider confirmed it (code 0)."),
    "found at the provider": mark("A look-up found the message at the provider."),
    "taken by an earlier attempt": mark("The provider took an earlier attempt."),
    "send time reached": mark("The send time has come."),
    "too late to cancel": mark("A cancel came too late: the message was sent already."),
    "on request": mark("A user or an application requested it."),
    "suppressed": mark("The recipient is on the suppression list."),
    "erased": mark("The personal data was erased on request."),
    "replaced": mark("A message with another text or time takes its place."),
    "canceled at the provider": mark("The reservation was canceled at the provider."),
    "not sent in time": mark("It could not be sent before it expired."),
    "worker lost": mark("The worker that had the message stopped."),
    "worker stops": mark("The worker shut down. Another one takes the message."),
    "no slot": mark("The rate limit had no free slot in time."),
    "no slot before the claim ended": mark("The rate limit had no free slot in time."),
    "no slot without Redis": mark("Redis did not answer, so the rate limit was not known. Nothing was sent."),
    "no answer in time": mark("No final status came in time."),
    "not found at the provider": mark("A look-up did not find the message at the provider so far."),
    "look-up failed": mark("The provider could not be asked."),
    "paused": mark("An operator has paused all calls to the provider."),
    "provider down": mark("The provider does not answer."),
    "not_sent": mark("The provider could not be reached. Nothing was sent."),
    "throttled": mark("The provider asked to slow down (HTTP 429)."),
    "tag_conflict": mark("The provider already has another message with this tag."),
    "no complete answer in time": mark("The provider did not answer in time."),
    "the answer was cut off, or is not HTTP": mark("The connection to the provider broke off."),
    "no connection to the provider": mark("The provider could not be reached. Nothing was sent."),
    "the connection was refused": mark("The provider refused the connection. Nothing was sent."),
    "the provider's host name was not found": mark("The host name of the provider was not found. Nothing was sent."),
    "could not establish a TLS 1.2 connection": mark(
        "No secure connection to the provider was possible. Nothing was sent."
    ),
    "the connection took too long to establish": mark(
        "The provider did not accept a connection in time. Nothing was sent."
    ),
    "the process was stopped just before the first byte": mark("The worker was stopped just before. Nothing was sent."),
    "the certificate is not trusted; check the URL, the CA file and the clock": mark(
        "The certificate of the provider is not trusted. Check the URL, the CA file and the clock."
    ),
    "the answer has no valid responseCode": mark("The provider's answer has no valid code."),
    "the answer has another phone number": mark("The provider's answer is about another phone number."),
    "the answer has another client tag": mark("The provider's answer is about another tag."),
    "the answer has no list of rows": mark("The provider's answer has no list of messages."),
    "no row of the answer is readable": mark("No line of the provider's answer can be read."),
    "a row of the answer is unreadable": mark("A line of the provider's answer cannot be read."),
    "the answer has no billed parts": mark("The provider's answer has no billed parts."),
    "a number of billed parts is not valid": mark("A number of billed parts in the provider's answer is not valid."),
    "statusId 1": mark("The provider says that the message is on its way."),
    "statusId 2": mark("The carrier confirmed the delivery."),
}

CODES: Mapping[int, str] = {
    ResponseCode.REQUIRED: mark("a required value is missing"),
    ResponseCode.INVALID: mark("a value is not valid"),
    ResponseCode.TOO_LONG: mark("a value is too long"),
    ResponseCode.ALREADY_SENT: mark("the reservation was already sent"),
    ResponseCode.PAST: mark("the send time is in the past"),
    ResponseCode.NO_RESERVATION: mark("there is no such reservation"),
    ResponseCode.QUOTA_USED_UP: mark("the plan's quota is used up"),
    ResponseCode.DUPLICATE_TAG: mark("the tag was used before"),
    ResponseCode.SYSTEM_ERROR: mark("the provider's system failed"),
}
"""The meanings of the provider's codes."""

CAUSES: Mapping[FailureCause, str] = {
    FailureCause.CONGESTION: mark("The carrier's network was congested. A later attempt may arrive."),
    FailureCause.NO_SUCH_NUMBER: mark("There is no such number."),
    FailureCause.OUT_OF_REACH: mark("The phone was out of reach, switched off or busy. A later attempt may arrive."),
    FailureCause.REFUSED_BY_HANDSET: mark("The phone refused the message: its owner blocks such messages."),
    FailureCause.UNKNOWN: mark("The carrier gave a cause that is not known."),
}
"""Why a carrier did not deliver a message."""

_CODE = re.compile(r"(?:code )?(\d{3})(?: (.*))?", re.DOTALL)

_HTTP = re.compile(r"HTTP (\d{3})(?:[;,] .*)?", re.DOTALL)
"""An answer without a code of the provider. The log has the advice for operators that follows."""

_FAILED = re.compile(r"statusId 3(?: (\w+))?")


def explain(reason: str, say: Say) -> str:
    """Return a reason in ordinary words. The provider's own words are quoted, with numbers masked."""
    known = REASONS.get(reason)
    if known is not None:
        return say(known)
    if failed := _FAILED.fullmatch(reason):
        return explain_detail(failed[1], say)
    if refused := _CODE.fullmatch(reason):
        return _refusal(int(refused[1]), refused[2] or "", say)
    if answered := _HTTP.fullmatch(reason):
        return say("The provider answered with HTTP %(status)s.", status=answered[1])
    return _masked(reason)


def explain_detail(detail: str | None, say: Say) -> str:
    """Return why a carrier did not deliver a message, with its code."""
    cause = say(CAUSES[explain_failure(detail).cause])
    return say("%(cause)s (carrier's code %(detail)s)", cause=cause, detail=detail) if detail else cause


def _refusal(code: int, words: str, say: Say) -> str:
    meaning = CODES.get(code)
    text = (
        say("The provider answered with the code %(code)s, which its specification does not have.", code=code)
        if meaning is None
        else say("The provider answered with the code %(code)s: %(meaning)s.", code=code, meaning=say(meaning))
    )
    return say("%(text)s It says: “%(words)s”", text=text, words=_masked(words)) if words else text


def _masked(text: str) -> str:
    return PHONE_NUMBER.sub(lambda number: mask(number.group()), text)
