"""The problems of messages that a guard refuses."""

from datetime import timedelta

from zettai.core.errors import BudgetExceeded, GuardError, NotAllowed, RateExceeded, StoreFull
from zettai.gateway.problems import Problem, ProblemType

GUARDED = (
    ProblemType.MESSAGE_RATE,
    ProblemType.BUDGET_EXCEEDED,
    ProblemType.NOT_ALLOWED,
    ProblemType.STORE_FULL,
)
"""The problems of operations that record messages."""

SECOND = timedelta(seconds=1)

_TYPES: dict[type[GuardError], ProblemType] = {
    RateExceeded: ProblemType.MESSAGE_RATE,
    BudgetExceeded: ProblemType.BUDGET_EXCEEDED,
    NotAllowed: ProblemType.NOT_ALLOWED,
    StoreFull: ProblemType.STORE_FULL,
}


def problem_of(error: GuardError) -> Problem:
    """Return the problem of a refused message."""
    wait = None if error.retry_after is None else max(1, -(-error.retry_after // SECOND))
    headers = None if wait is None else {"Retry-After": str(wait)}
    return Problem(
        _TYPES[type(error)],
        error.problem,
        headers=headers,
        client_tag=error.client_tag,
        retry_after=wait,
        message_ja=error.message_ja,
    )
