"""Japanese mobile phone numbers: how people write them, the pattern, the normal form, and the mask for lists and logs.

`phonenumbers` 9.0 is not used. It takes 17 µs for a number, a third of what `send_many` has for a message; this module
takes 0.3 to 1.3 µs. It also refuses `0081`, and 14 digits that begin with 020, which the provider accepts.
"""

import re
from unicodedata import normalize as to_plain_characters

from zettai.core.invalid_reasons import InvalidReason, InvalidValue

PHONE_NUMBER = re.compile(r"(\+81|0)(([26789]0[1-9][0-9]{7})|(20[1-9][0-9]{10}))")
"""The provider's own pattern. It must match the whole number."""

MAX_WRITTEN_LENGTH = 40
"""Characters of a number as someone writes it, with blanks and hyphens."""

_SEPARATORS = re.compile(r"[\s\u200b\ufeff()\u002d\u00ad\u02d7\u2010-\u2015\u2043\u2212\u2500\u30fc\u30fb\u4e00.]")
"""Blanks, parentheses, points, and what people type for a hyphen: dashes, the minus sign, a line, and the Japanese
signs for a long vowel, between words, and for one.
"""

_COUNTRY = re.compile(r"^(?:\+|00|010)?81(?:0(?=[26789]0))?(?=[26789]0)")
"""Japan's country code: with `+`, with a prefix for international calls, or with neither. A zero may follow it, as in
`+81 (0)90`. No national number begins like this.
"""

_ROUNDED = re.compile(r"\s*\d(\.\d+)?[Ee]\+?\d+\s*")

_WITHOUT_ZERO = re.compile(r"[26789]0[1-9][0-9]{7}|20[1-9][0-9]{10}")


def normalize(phone_number: str, *, may_lack_zero: bool = False) -> str:
    """Return a phone number in international form, as +819012345678.

    Full-width characters, blanks, parentheses and hyphens of any kind are accepted, and `81`, `0081` and `010 81` in
    place of `+81`.

    Args:
        phone_number: as someone wrote it.
        may_lack_zero: accept 9012345678 too. Spreadsheets drop the first zero of a column of numbers.

    Raises:
        InvalidValue: it is not a Japanese mobile number.
    """
    if not PHONE_NUMBER.fullmatch(phone_number):
        written, phone_number = phone_number, _without_signs(phone_number)
        if may_lack_zero and _WITHOUT_ZERO.fullmatch(phone_number):
            phone_number = f"0{phone_number}"
        if not PHONE_NUMBER.fullmatch(phone_number):
            raise _problem(written, phone_number)
    return f"+81{phone_number.removeprefix('+81').removeprefix('0')}"


def mask(phone_number: str) -> str:
    """Return a phone number with only its prefix and its last two digits visible."""
    visible = 3 if phone_number.startswith("+") else 1
    return f"{phone_number[:visible]}{'*' * max(len(phone_number) - visible - 2, 4)}{phone_number[-2:]}"


def _without_signs(written: str) -> str:
    """Return a number in plain digits, with `+81` for any form of the country code."""
    if len(written) > MAX_WRITTEN_LENGTH:
        return written
    digits = _SEPARATORS.sub("", to_plain_characters("NFKC", written))
    return _COUNTRY.sub("+81", digits)


def _problem(written: str, digits: str) -> InvalidValue:
    if _WITHOUT_ZERO.fullmatch(digits):
        reason = InvalidReason.NUMBER_WITHOUT_ZERO
    elif _ROUNDED.fullmatch(written):
        reason = InvalidReason.NUMBER_ROUNDED
    else:
        reason = InvalidReason.NOT_A_MOBILE_NUMBER
    shown = "".join(one if one.isprintable() else "?" for one in written[:MAX_WRITTEN_LENGTH])
    return InvalidValue(reason, given=mask(shown))
