"""Replace a message. `SmsClient` checks and records the change."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from starlette.responses import JSONResponse, Response

from zettai.client import SmsClient
from zettai.core.errors import GuardError, InvalidMessage, ReplacementPending, TagConflict
from zettai.core.replacement import Replacement, ReplaceOutcome
from zettai.core.store.audit import AuditAction
from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.guard_problems import GUARDED, problem_of
from zettai.gateway.inputs.messages import ReplaceInput
from zettai.gateway.operations.operation import REPEAT, TAG, UNKNOWN_TAG, WITH_BODY, Operation
from zettai.gateway.outputs import messages
from zettai.gateway.problems import Problem, ProblemType, invalid_values
from zettai.gateway.tag_owners import check_tag_owner


async def replace(call: ApiCall) -> Response:
    """Replace a message. The key needs the scope `cancel` too."""
    call.api.authenticator.check_scope(call.key, Scope.CANCEL)
    given = await call.read(ReplaceInput)
    call.note_tags([call.name])
    if given.client_tag is not None:
        check_tag_owner(given.client_tag, call.key, call.api.authenticator.keys)
    act = partial(_replace, call.client, call.name, given, call.key.sees)
    replacement = await call.run_audited(AuditAction.REPLACE, act, client_tag=call.name)
    answer = {
        "client_tag": call.name,
        "outcome": replacement.outcome,
        "replaced_by": replacement.client_tag,
        "message": replacement.message.to_dict() if replacement.message is not None else None,
    }
    return JSONResponse(answer, 202 if replacement.outcome is ReplaceOutcome.PENDING else 200)


def _replace(client: SmsClient, tag: str, given: ReplaceInput, owner: str | None) -> Replacement:
    """Replace a message of an owner; None stands for any.

    Raises:
        Problem: there is no such message, it is too late, or a value is invalid. Nothing changed.
    """
    replacement = _without_errors(
        lambda: client.replace(
            tag,
            send_at=datetime.fromisoformat(given.send_at) if given.send_at is not None else None,
            body=given.body,
            client_tag=given.client_tag,
            owner=owner,
            durable=given.durable,
        )
    )
    if replacement.outcome is ReplaceOutcome.NOT_FOUND:
        raise Problem(ProblemType.NOT_FOUND, UNKNOWN_TAG, outcome=replacement.outcome)
    if replacement.outcome is ReplaceOutcome.TOO_LATE:
        detail = "The message was sent, was replaced by another request, or has another final state."
        raise Problem(ProblemType.TOO_LATE, detail, outcome=replacement.outcome, replaced_by=replacement.client_tag)
    return replacement


def _without_errors(replace: Callable[[], Replacement]) -> Replacement:
    """Replace a message, and raise the errors of the library as problems."""
    try:
        return replace()
    except InvalidMessage as error:
        problem = invalid_values((f"#/{error.field}", error))
    except TagConflict as error:
        detail = "Use a new tag for the successor."
        problem = Problem(ProblemType.TAG_CONFLICT, detail, client_tag=error.client_tag)
    except GuardError as error:
        problem = problem_of(error)
    except ReplacementPending as error:
        detail = f"It waits for the cancel of {error.replaces!r}. Replace that message again instead."
        problem = Problem(ProblemType.REPLACEMENT_PENDING, detail, client_tag=error.client_tag)
    raise problem


OPERATIONS = (
    Operation(
        "replace",
        "PATCH",
        "/v1/messages/{name}",
        Scope.SEND,
        replace,
        "Replace a message",
        "Replaces a message that is not sent yet by a successor with another time or text. Exactly one of the two is "
        "sent. The successor inherits all else and has a client tag of its own. The API key needs the scopes `send` "
        "and `cancel`. While a replacement is pending, the newest request wins.",
        {
            200: (messages.Replacement, "The message will not be sent. Its successor is recorded."),
            202: (messages.Replacement, "The successor is recorded when the cancellation is confirmed. " + REPEAT),
        },
        (
            *WITH_BODY,
            ProblemType.NOT_FOUND,
            ProblemType.TOO_LATE,
            ProblemType.TAG_CONFLICT,
            ProblemType.REPLACEMENT_PENDING,
            *GUARDED,
            ProblemType.NO_ENCRYPTION_KEY,
            ProblemType.NO_DURABILITY,
            ProblemType.NOT_DURABLE,
        ),
        (ReplaceInput,),
        named=TAG,
    ),
)
