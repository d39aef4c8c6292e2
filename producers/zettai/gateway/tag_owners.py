"""Tags that are kept for an owner: only its requests can use them."""

from zettai.gateway.api_keys import ApiKey, ApiKeys
from zettai.gateway.idempotency import is_made_tag
from zettai.gateway.problems import Problem, ProblemType


def is_kept_for_other(tag: str, owner: str, keys: ApiKeys) -> bool:
    """Return whether a tag is kept for another owner, or for the requests with an idempotency key."""
    named, colon, _ = tag.partition(":")
    return is_made_tag(tag) or (bool(colon) and named != owner and keys.has_owner(named))


def check_tag_owner(tag: str, caller: ApiKey, keys: ApiKeys) -> None:
    """Check that a tag is not kept for another owner, so that only its owner can use it.

    Tags that begin with the name of an owner and a colon are kept for it, and those that are made of an idempotency key
    for the requests with that key.

    Raises:
        Problem: it is kept for another owner. The problem is the same as for a tag that is in use.
    """
    if is_kept_for_other(tag, caller.owner, keys):
        raise tag_conflict(tag)


def tag_conflict(tag: str) -> Problem:
    """Return the problem for a tag that is in use. It is the same for every reason, so that it shows none."""
    detail = "Use a new tag, or repeat the same content to get the existing message."
    return Problem(ProblemType.TAG_CONFLICT, detail, client_tag=tag)
