"""Replace a message for an API request. `SmsClient` checks and records the change."""

from collections.abc import Callable
from datetime import datetime

from zettai.client import SmsClient
from zettai.core.errors import GuardError, InvalidMessage, ReplacementPending, TagConflict
from zettai.core.replacement import Replacement, ReplaceOutcome
from zettai.gateway.guard_problems import problem_of
from zettai.gateway.message_inputs import ReplaceInput
from zettai.gateway.problems import Problem, ProblemType, invalid_values

UNKNOWN_TAG = "No message has this client tag."


def replace_message(client: SmsClient, tag: str, given: ReplaceInput, owner: str | None) -> Replacement:
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
