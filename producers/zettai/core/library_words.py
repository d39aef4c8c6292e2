"""Says in our words what a library says about a wrong value."""

import re

WORDS = (
    (r"Value error, ", ""),
    (r"Field required", "must be set"),
    (r"Extra inputs are not permitted", "is not a known name"),
    (r"Input should be a valid integer.*|Unable to parse input string as an integer.*", "must be a whole number"),
    (r"Input should be a valid number.*", "must be a number"),
    (r"Input should be a valid boolean.*", "must be yes or no"),
    (r"Input should be a valid timedelta.*", "must be a number of seconds, or ISO 8601 such as PT5M"),
    (r"Input should be a valid (?:frozenset|list|tuple)", "must be a list"),
    (r"Input should be a valid string", "must be a text"),
    (r"Input should be (?:greater than or equal to) (\S+)", r"must be \1 or more"),
    (r"Input should be (?:less than or equal to) (\S+)", r"must be \1 or less"),
    (r"Input should be greater than (\S+)", r"must be above \1"),
    (r"Input should be less than (\S+)", r"must be below \1"),
    (r"Input should be ", "must be "),
    (r"String should match pattern '(.*)'", r"must have the form \1"),
)
"""What pydantic says, and we instead."""


def in_our_words(text: str) -> str:
    """Return a text with the words of pydantic replaced."""
    for theirs, ours in WORDS:
        text = re.sub(theirs, ours, text)
    return text
