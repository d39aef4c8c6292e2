"""Asking the provider what became of a tag, when the answer to a send was lost."""

from collections.abc import Iterable

from zettai.core.message import Message
from zettai_worker.provider import Gate, ProviderClient, Refused, Reservation, ResponseCode, Status
from zettai_worker.sending.decisions import Trace


def look_up(provider: ProviderClient, message: Message, body: str, gate: Gate) -> Trace:
    """Find out whether the provider has this message, and not another one under the same tag.

    Raises:
        ProviderError: it could not be found out.
        LimiterError: there was no slot to ask in.
    """
    statuses = provider.status(message.client_tag, gate=gate)
    if statuses:
        return Trace.SENT if _is_ours(message, body, statuses) else Trace.FOREIGN
    try:
        reservations = provider.check_reservations(client_tag=message.client_tag, gate=gate)
    except Refused as refusal:
        return Trace.SENT if refusal.code == ResponseCode.ALREADY_SENT else Trace.NOTHING
    if not reservations:
        return Trace.NOTHING
    return Trace.RESERVED if _is_ours(message, body, reservations) else Trace.FOREIGN


def _is_ours(message: Message, body: str, found: Iterable[Status | Reservation]) -> bool:
    """Whether number and body agree, where the provider tells them."""
    return any(one.phone_number == message.to and one.message in {None, body} for one in found)
