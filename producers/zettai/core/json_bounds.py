"""Bounds of a JSON document from outside. Parsed values, and errors about them, take up to 100 times their bytes."""

import re

MOST_VALUES = 50_000
"""Values in a document: 1,000 messages with all their fields have half of them."""

MOST_DEPTH = 8
"""Objects and lists inside each other. A message with metadata in a list of messages has 4."""

MOST_FIELDS = 100
"""Fields of one object, and errors that it can cause."""

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)

_BRACKETS = re.compile(rb"[\[\]{}]")


class TooComplex(ValueError):  # noqa: N818 - reads as the fact that it states
    """A JSON document has too many values, or is too deep."""


def check_json(document: bytes) -> None:
    """Check the number of values and the depth of a JSON document, which need not be valid.

    Raises:
        TooComplex: it exceeds a bound. The text says which one.
    """
    skeleton = _STRING.sub(b"", document)
    if sum(skeleton.count(sign) for sign in (b",", b"[", b"{")) > MOST_VALUES:
        raise TooComplex(f"has more than {MOST_VALUES:,} values")
    depth = 0
    for bracket in _BRACKETS.findall(skeleton):
        depth += 1 if bracket in b"[{" else -1
        if depth > MOST_DEPTH:
            raise TooComplex(f"has more than {MOST_DEPTH} objects or lists inside each other")


def check_fields(value: object) -> None:
    """Check the number of fields of each object of a parsed document.

    Raises:
        TooComplex: an object has too many fields.
    """
    values = [value]
    while values:
        one = values.pop()
        if isinstance(one, dict):
            if len(one) > MOST_FIELDS:
                raise TooComplex(f"has an object with more than {MOST_FIELDS} fields")
            values += one.values()
        elif isinstance(one, list):
            values += one
