"""The end of a message as the provider tells it: one rule for status checks and for delivery reports."""

from zettai.core.aossms.codes import CarrierId, StatusId
from zettai.core.aossms.statuses import Status
from zettai.core.carriers import Carrier
from zettai.core.states import TRANSITIONS, State
from zettai.core.store import StateUpdate

ENDS = {StatusId.DELIVERED: State.DELIVERED, StatusId.FAILED: State.UNDELIVERED}
"""The final values of `statusId`; the others tell no end."""

CARRIERS: dict[str, Carrier] = {carrier_id: Carrier[carrier_id.name] for carrier_id in CarrierId}
"""By the provider's identifiers. It may use others at any time, which count as unknown."""


def ended(status: Status) -> StateUpdate:
    """What to record of a final status: a pure decision.

    It is true whatever we know of the message by now, so it may come from each state that the table lets it follow,
    and from no other: never backwards. It needs no lease either: that the message ended proves that it was taken.

    Args:
        status: one whose `status` is final.
    """
    to = ENDS[status.status]
    reason = f"statusId {status.status.value}"
    fields: dict[str, str | int] = {}
    if status.parts is not None:
        fields["parts"] = status.parts
    if status.detailed_status is not None:
        fields["detail"] = status.detailed_status
        reason += f" {status.detailed_status}" if to is State.UNDELIVERED else ""
    if carrier := CARRIERS.get(status.carrier_id or ""):
        fields["carrier_found"] = carrier
    return StateUpdate(client_tag=status.client_tag, expected_states=preceding(to), to=to, reason=reason, fields=fields)


def preceding(state: State) -> frozenset[State]:
    """The states that a state may follow."""
    return frozenset(before for before, after in TRANSITIONS.items() if state in after)
