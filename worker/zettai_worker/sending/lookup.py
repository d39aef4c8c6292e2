"""Look a tag up at the provider, when the answer to a send was lost or unclear."""

from collections.abc import Iterable

from zettai.core.message import Message
from zettai_worker.provider import BeforeSend, ProviderClient, Refused, Reservation, ResponseCode, Status
from zettai_worker.sending.decisions import LookupResult


def look_up(provider: ProviderClient, message: Message, body: str, before_send: BeforeSend) -> LookupResult:
    """Return what the provider has under the message's tag.

    Raises:
        ProviderError: a call failed.
        LimiterError: there was no slot for a call.
    """
    statuses = provider.status(message.client_tag, before_send=before_send)
    if statuses:
        return LookupResult.SENT if _has_message(statuses, message, body) else LookupResult.OTHER_MESSAGE
    try:
        reservations = provider.check_reservations(client_tag=message.client_tag, before_send=before_send)
    except Refused as refusal:
        return LookupResult.SENT if refusal.code == ResponseCode.ALREADY_SENT else LookupResult.NOT_FOUND
    if not reservations:
        return LookupResult.NOT_FOUND
    return LookupResult.RESERVED if _has_message(reservations, message, body) else LookupResult.OTHER_MESSAGE


def _has_message(rows: Iterable[Status | Reservation], message: Message, body: str) -> bool:
    """Whether a row has the message's phone number and its text. A row without a text matches each text."""
    return any(row.phone_number == message.to and row.message in {None, body} for row in rows)
