"""The metadata of a message: short texts of the caller, such as the number of an order. The provider never gets them.

They may be personal data. So they are in the record only, and where one message is shown to someone who asked for it.
"""

from collections.abc import Mapping

MOST_PAIRS = 10
"""The most pairs of one message."""

KEY_LENGTH = 40
"""The most characters of a key."""

VALUE_LENGTH = 200
"""The most characters of a value."""


def checked_metadata(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Check the metadata of a message. Raise a `ValueError` that says what is wrong, without any value."""
    if len(metadata) > MOST_PAIRS:
        raise ValueError(f"must have at most {MOST_PAIRS} pairs, got {len(metadata)}")
    for key, value in metadata.items():
        if not 1 <= len(key) <= KEY_LENGTH or not key.isprintable() or key != key.strip():
            raise ValueError(f"each key must be 1 to {KEY_LENGTH} printable characters, without spaces around them")
        if len(value) > VALUE_LENGTH or not value.isprintable():
            raise ValueError(f"the value of {key!r} must be at most {VALUE_LENGTH} printable characters")
    return metadata


def empty_if_none(metadata: object) -> object:
    """Return no pairs for None, which stands for an argument that is not given."""
    return {} if metadata is None else metadata
