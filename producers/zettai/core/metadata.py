"""The metadata of a message: short texts of the caller, such as the number of an order. The provider never gets them.

They may be personal data. So they are in the record only, and where one message is shown to someone who asked for it.
"""

from collections.abc import Mapping

from zettai.core.invalid_reasons import InvalidReason, InvalidValue

MOST_PAIRS = 10
"""The most pairs of one message."""

KEY_LENGTH = 40
"""The most characters of a key."""

VALUE_LENGTH = 200
"""The most characters of a value."""


def checked_metadata(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Check the metadata of a message. Raise an `InvalidValue` that says what is wrong, without any value."""
    if len(metadata) > MOST_PAIRS:
        raise InvalidValue(InvalidReason.TOO_MANY_PAIRS, most=MOST_PAIRS, count=len(metadata))
    for key, value in metadata.items():
        if not 1 <= len(key) <= KEY_LENGTH or not key.isprintable() or key != key.strip():
            raise InvalidValue(InvalidReason.NOT_A_KEY, longest=KEY_LENGTH)
        if len(value) > VALUE_LENGTH or not value.isprintable():
            raise InvalidValue(InvalidReason.NOT_A_METADATA_VALUE, key=key, longest=VALUE_LENGTH)
    return metadata


def empty_if_none(metadata: object) -> object:
    """Return no pairs for None, which stands for an argument that is not given."""
    return {} if metadata is None else metadata
