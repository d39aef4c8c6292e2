"""Look a tag up at the provider, when the answer to a send was lost or unclear."""

from collections.abc import Iterable
from enum import StrEnum

import structlog

from zettai.core.aossms.evidence import find_evidence, is_conflict
from zettai.core.message import Message
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import BeforeSend, ProviderClient, Refused, Reservation, Status

logger = structlog.get_logger("zettai.lookup")


class LookupResult(StrEnum):
    """What the provider has under a tag."""

    SENT = "sent"
    RESERVED = "reserved"
    OTHER_MESSAGE = "other_message"
    """A message of another sender: the tag is not ours."""
    NOT_FOUND = "not_found"
    FAILED = "failed"
    """The look-up itself failed, or its answer proves nothing."""


def look_up(
    provider: ProviderClient, message: Message, body: str | None, before_send: BeforeSend, metrics: WorkerMetrics
) -> LookupResult:
    """Return what the provider has under the message's tag. Only a message with a send time can be reserved.

    The reservation is asked for before the status, so that a message sent in between has a status. If the provider
    refuses to tell about reservations, also with code 130 (already sent), only a row of the status proves something.

    Raises:
        ProviderError: a call failed.
        LimiterError: there was no slot for a call.
    """
    unanswered = None
    if message.send_at is not None:
        try:
            reservations = provider.check_reservations(
                client_tag=message.client_tag, sms_code=message.sent_from, before_send=before_send
            )
        except Refused as refusal:
            unanswered = refusal
        else:
            if (result := _result(reservations, message, body, metrics)) is not LookupResult.NOT_FOUND:
                return result
    result = _result(provider.status(message.client_tag, before_send=before_send), message, body, metrics)
    if unanswered is not None and result is LookupResult.NOT_FOUND:
        raise unanswered
    return result


def report_text_difference(client_tag: str, metrics: WorkerMetrics) -> None:
    """Log and count a message that the provider shows with another text. That proves nothing about it."""
    metrics.text_differences.inc()
    logger.info("text_differs", client_tag=client_tag)


def _result(
    rows: Iterable[Status] | Iterable[Reservation], message: Message, body: str | None, metrics: WorkerMetrics
) -> LookupResult:
    evidence = find_evidence(rows, message, body)
    if is_conflict(evidence, message):
        return LookupResult.OTHER_MESSAGE
    if evidence.row is None:
        return LookupResult.NOT_FOUND if evidence.is_absent else LookupResult.FAILED
    if evidence.text_differs:
        report_text_difference(message.client_tag, metrics)
    return LookupResult.RESERVED if isinstance(evidence.row, Reservation) else LookupResult.SENT
