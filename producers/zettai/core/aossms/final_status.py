"""The final status of a message: one rule for status checks and for delivery reports."""

from zettai.core.aossms.codes import CarrierId, StatusId
from zettai.core.aossms.statuses import Status
from zettai.core.carriers import Carrier
from zettai.core.states import TRANSITIONS, State
from zettai.core.store import StateUpdate

FINAL_STATES = {StatusId.DELIVERED: State.DELIVERED, StatusId.FAILED: State.UNDELIVERED}
"""The final values of `statusId`, and their states."""

CARRIERS: dict[str, Carrier] = {carrier_id: Carrier[carrier_id.name] for carrier_id in CarrierId}
"""The carriers by the provider's identifiers. An identifier that is missing here counts as unknown."""


def final_update(status: Status) -> StateUpdate:
    """Return what to record for a final status.

    The update applies in every state from which the table allows it. It needs no claim: a final status proves that the
    provider accepted the message.

    Args:
        status: a status whose `status` is final.
    """
    to = FINAL_STATES[status.status]
    reason = f"statusId {status.status.value}"
    fields: dict[str, str | int] = {}
    if status.parts is not None:
        fields["parts"] = status.parts
    if status.detailed_status is not None:
        fields["detail"] = status.detailed_status
        reason += f" {status.detailed_status}" if to is State.UNDELIVERED else ""
    if carrier := CARRIERS.get(status.carrier_id or ""):
        fields["carrier_found"] = carrier
    return StateUpdate(
        client_tag=status.client_tag, expected_states=states_before(to), to=to, reason=reason, fields=fields
    )


def states_before(state: State) -> frozenset[State]:
    """Return the states from which a state can be reached directly."""
    return frozenset(before for before, after in TRANSITIONS.items() if state in after)
