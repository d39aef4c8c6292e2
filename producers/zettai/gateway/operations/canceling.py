"""Cancel a message, or the messages of a group."""

from functools import partial

from starlette.responses import JSONResponse, Response

from zettai.core.errors import InvalidMessage
from zettai.core.message import CancelOutcome
from zettai.core.store.audit import AuditAction
from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.operations.operation import GROUP, PENDING, TAG, UNKNOWN_TAG, Operation
from zettai.gateway.outputs.messages import Cancel, GroupCancel
from zettai.gateway.problems import Problem, ProblemType


async def cancel(call: ApiCall) -> Response:
    """Cancel a message."""
    call.note_tags([call.name])
    act = partial(call.client.cancel, call.name, owner=call.key.sees)
    outcome = await call.run_audited(AuditAction.CANCEL, act, client_tag=call.name)
    if outcome is CancelOutcome.NOT_FOUND:
        raise Problem(ProblemType.NOT_FOUND, UNKNOWN_TAG, outcome=outcome)
    if outcome is CancelOutcome.TOO_LATE:
        detail = "The message was sent, or has another final state."
        raise Problem(ProblemType.TOO_LATE, detail, outcome=outcome)
    answer = {"client_tag": call.name, "outcome": outcome}
    return JSONResponse(answer, 202 if outcome is CancelOutcome.PENDING else 200)


async def cancel_group(call: ApiCall) -> Response:
    """Cancel the messages of a group."""
    act = partial(call.client.cancel_group, call.name, owner=call.key.sees)
    try:
        counts = await call.run_audited(AuditAction.CANCEL_GROUP, act, group=call.name)
    except InvalidMessage:
        raise Problem(ProblemType.NOT_FOUND, "No group can have this name.") from None
    answer = {
        "group": call.name,
        "canceled": counts.canceled,
        "pending": counts.pending,
        "too_late": counts.too_late,
    }
    return JSONResponse(answer, 202 if counts.pending else 200)


OPERATIONS = (
    Operation(
        "cancel",
        "DELETE",
        "/v1/messages/{name}",
        Scope.CANCEL,
        cancel,
        "Cancel a message",
        "Cancels a message that is not sent yet. The record of the message stays.",
        {
            200: (Cancel, "The message is canceled and will not be sent."),
            202: (Cancel, PENDING),
        },
        (ProblemType.NOT_FOUND, ProblemType.TOO_LATE, ProblemType.NO_DURABILITY, ProblemType.NOT_DURABLE),
        named=TAG,
    ),
    Operation(
        "cancel_group",
        "DELETE",
        "/v1/groups/{name}",
        Scope.CANCEL,
        cancel_group,
        "Cancel the messages of a group",
        "Cancels all messages of a group that are not sent yet, and those that are reserved at the provider. A group "
        "without messages is not an error.",
        {
            200: (GroupCancel, "Every message has a final outcome."),
            202: (GroupCancel, PENDING),
        },
        (ProblemType.NOT_FOUND, ProblemType.NO_DURABILITY, ProblemType.NOT_DURABLE),
        named=GROUP,
    ),
)
