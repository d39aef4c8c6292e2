"""Translates texts that Typer and our library make in English: it knows their forms."""

import re
from functools import cache

from zettai.core.redis_problem import RedisProblem
from zettai_cli.shared.language import is_japanese, say

FORMS = (
    # Typer
    "Invalid value for {name}: {problem}",
    "Invalid value: {problem}",
    "Missing argument {name}.",
    "Missing option {name}.",
    "No such option: {name}",
    # zettai.core.aossms.codes
    "congestion ({code})",
    "no such number ({code})",
    "out of reach, switched off or busy ({code})",
    "refused by the handset ({code})",
    "unknown ({code})",
    # zettai.core.errors
    (
        "client_tag {tag} is already used for another message; use a new tag, or repeat the same content to get the "
        "existing message"
    ),
    "client_tag {tag} waits for the cancel of {replaced}; replace {again} again instead",
    (
        "the group {group} has messages in the urgent lane, which cannot be paused, paced or kept to a window; "
        "give urgent messages another group, or none"
    ),
    (
        "the store has layout {layout}: stop all processes of the version that wrote it, then run zettai upgrade "
        "(to layout {known})"
    ),
    "the store has layout {layout}: this version knows layout {known}; install the version that wrote it",
    "{what} are shared by all accounts; use the client from which for_accounts was called",
    "the store in Redis did not answer; call again with client_tag={tag}, the message is sent once",
    "the store in Redis did not answer ({reason}); call again with client_tag={tag}, the message is sent once",
    "the store in Redis did not answer ({reason})",
    "the store in Redis did not answer",
    "the rate limit is not available: Redis cannot be used, {reason}",
    *RedisProblem,
    (
        "ZETTAI_SUPPRESSION_KEY is not set, but the suppression list belongs to the key {expected}; "
        "give each producer the same key"
    ),
    (
        "ZETTAI_SUPPRESSION_KEY has the fingerprint {found}, but the suppression list belongs to the key {expected}; "
        "give each producer the same key"
    ),
    (
        "client_tag {tag} is sealed with a key that is not among ZETTAI_ENCRYPTION_KEYS here; "
        "give this process the keys of the producers"
    ),
    "Redis cannot confirm that a message is on disk: {reason}",
    (
        "{what} is recorded, but may not be on disk yet; "
        "make the same call again to wait for the disk, the message is sent once"
    ),
)
"""The texts, with their values in braces."""


def translate(text: str) -> str:
    """Return a text in the language of the user; a text of no known form as it is."""
    if not is_japanese():
        return text
    for form in FORMS:
        if (values := matches(form, text)) is not None:
            return say(form, **{name: translate(value) for name, value in values.items()})
    return text


def matches(form: str, text: str) -> dict[str, str] | None:
    """Return the values in a text of this form, or None if it has another form."""
    found = _pattern(form).fullmatch(text)
    return None if found is None else found.groupdict()


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """Return the pattern of a form: each value is a part of the text."""
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(form)))
