"""Japanese mobile phone numbers: the pattern, the normal form, and the mask for listings and logs."""

import re

PHONE_NUMBER = re.compile(r"(\+81|0)(([26789]0[1-9][0-9]{7})|(20[1-9][0-9]{10}))")
"""The provider's own pattern. It must match the whole number."""


def normalize(phone_number: str) -> str:
    """Return a phone number in international form, as +819012345678.

    Raises:
        ValueError: it is not a Japanese mobile number.
    """
    if not PHONE_NUMBER.fullmatch(phone_number):
        raise ValueError(
            f"must be a Japanese mobile number such as 09012345678 or +819012345678, got {mask(phone_number)}"
        )
    return f"+81{phone_number.removeprefix('+81').removeprefix('0')}"


def mask(phone_number: str) -> str:
    """Return a phone number with only its prefix and its last two digits visible."""
    visible = 3 if phone_number.startswith("+") else 1
    return f"{phone_number[:visible]}{'*' * max(len(phone_number) - visible - 2, 4)}{phone_number[-2:]}"
