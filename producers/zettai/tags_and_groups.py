"""Checks of the tags and groups that calls are about."""

from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.validation import TAG_LENGTH, checked_tag


def is_valid_tag(tag: object) -> bool:
    """Return whether a tag can exist. One that cannot is treated like one that does not exist."""
    try:
        return isinstance(tag, str) and bool(checked_tag(tag))
    except ValueError:
        return False


def check_group(group: object) -> None:
    """Refuse values that are not a group. None would select all messages."""
    if not is_valid_tag(group):
        raise InvalidMessage("group", InvalidValue(InvalidReason.NOT_A_GROUP, longest=TAG_LENGTH))
