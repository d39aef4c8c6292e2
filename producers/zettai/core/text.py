"""Checks a text before it is sent: its length, its estimated parts, and characters that may not arrive.

- Length: the provider's specification allows 1 to 660 characters. Wide and narrow characters count the same. `send`
  refuses other lengths.
- Parts: the provider reports the billed parts after delivery (`separatedSuccessCount`). Its specification does not say
  how it splits a text, so the parts here are an estimate; see `PART_LENGTH`.
- Characters: according to the provider's FAQ (aicross.co.jp/zettai-reach/qa), only characters of ISO-2022-JP arrive.
  The specification does not say so, and carriers differ. So other characters are findings, and `send` accepts them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue

BODY_LENGTH = 660
"""The most characters of a text (the provider's specification)."""

SINGLE_LENGTH = 70
"""The most characters of a message with one part: 140 octets of UCS-2 (3GPP TS 23.040)."""

PART_LENGTH = 66
"""The most characters of each part of a longer message: 140 octets minus 7 for the header that joins the parts, with a
reference of 16 bits (3GPP TS 23.040, 9.2.3.24.8). The provider's longest text has 10 such parts. With a reference of 8
bits it would be 67 characters, and some lengths would have one part less."""

CHARACTER_SET = "iso2022_jp"
"""The character set that arrives, by its name in Python: ASCII, and JIS X 0208 without the Windows extensions."""

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Control characters, except for the line feed, which is allowed."""

_SURROGATES = re.compile(r"[\ud800-\udfff]")
"""Halves of surrogate pairs, which are not characters."""

_REPLACEMENTS = {
    "\t": " ",
    "\r\n": "\n",
    "\r": "\n",
    "～": "〜",
    "－": "−",
    "∥": "‖",
    "—": "―",
    "–": "-",
    "‐": "-",
    "‑": "-",
    "•": "・",
    "ﾞ": "゛",
    "ﾟ": "゜",
    "髙": "高",
    "﨑": "崎",
}
"""Replacements in JIS X 0208 that the compatibility forms of Unicode do not have."""


class Reason(StrEnum):
    """Why a character may not arrive as written."""

    NOT_A_CHARACTER = "not a character: half a surrogate pair, or an unassigned code point"
    CONTROL = "a control character"
    INVISIBLE = "an invisible formatting character, not in ISO-2022-JP"
    VARIATION = "a variation selector, not in ISO-2022-JP: the character before it is shown in its plain form"
    COMBINING = "a combining mark, not in ISO-2022-JP: write the composed character"
    PRIVATE_USE = "a private-use character (gaiji): each handset shows something else, or nothing"
    BEYOND_BASIC_PLANE = "outside of the Basic Multilingual Plane, like most emoji, and not in ISO-2022-JP"
    HALF_WIDTH = "half-width katakana, not in ISO-2022-JP"
    NOT_IN_CHARACTER_SET = "not in ISO-2022-JP"


@dataclass(frozen=True, slots=True)
class Finding:
    """One or more characters of a text that may not arrive as written.

    Attributes:
        position: the position of the first character, from 0.
        characters: one character, with its combining marks.
        name: the Unicode name of the first character, or its code point.
        why: the reason.
        suggestion: what to write instead. "" means leave it out; None means that there is no suggestion.
    """

    position: int
    characters: str
    name: str
    why: Reason
    suggestion: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as a dictionary for JSON. The characters are code points: some cannot be displayed."""
        return {
            "position": self.position,
            "code_points": [code_point(character) for character in self.characters],
            "name": self.name,
            "why": self.why.value,
            "suggestion": self.suggestion,
        }


@dataclass(frozen=True, slots=True)
class TextCheck:
    """The result of `check_text`. It does not contain the text.

    Attributes:
        length: the characters, as the provider counts them.
        parts: the estimated number of billed parts. 0 for an empty text.
        problem: why `send` refuses the text. None if it does not.
        findings: the characters that may not arrive as written, in the order of the text.
    """

    length: int
    parts: int
    problem: str | None
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether the text can be sent and has no findings."""
        return self.problem is None and not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Return the result as a dictionary for JSON."""
        return {
            "length": self.length,
            "estimated_parts": self.parts,
            "problem": self.problem,
            "findings": [finding.to_dict() for finding in self.findings],
        }


def check_text(text: str) -> TextCheck:
    """Check a text before it is sent.

    Example:
        >>> check = check_text("㈱絶対 ☕")
        >>> check.length, check.parts, [finding.suggestion for finding in check.findings]
        (5, 1, ['(株)', None])

    Raises:
        InvalidMessage: it is not a text.
    """
    if not isinstance(text, str):
        raise InvalidMessage("text", InvalidValue(InvalidReason.NOT_A_TEXT))
    problem = find_problem(text)
    reason = None if problem is None else str(problem)
    return TextCheck(count(text), estimated_parts(text), reason, tuple(findings(text)))


def count(text: str) -> int:
    """Return the number of characters, as the provider counts them: "counted as characters, wide or narrow alike".

    Its specification does not say how it counts characters outside of the Basic Multilingual Plane. Here they count as
    one, as in Python.
    """
    return len(text)


def find_problem(text: str, longest: int = BODY_LENGTH) -> InvalidValue | None:
    """Return why `send` refuses a text. None if it does not."""
    length = count(text)
    if length == 0:
        return InvalidValue(InvalidReason.EMPTY, longest=longest)
    if length > longest:
        return InvalidValue(InvalidReason.TOO_LONG, longest=longest, length=length)
    if _SURROGATES.search(text):
        return InvalidValue(InvalidReason.HALF_A_CHARACTER)
    return None


def estimated_parts(text: str) -> int:
    """Return the estimated number of billed parts; see `PART_LENGTH`. 0 for an empty text."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return min(units, 1) if units <= SINGLE_LENGTH else -(-units // PART_LENGTH)


def findings(text: str) -> Iterator[Finding]:
    """Yield the characters of a text that may not arrive as written, in their order."""
    if _arrives(text):
        return
    position = 0
    while position < len(text):
        characters = _characters_at(text, position)
        if not _arrives(characters):
            yield Finding(position, characters, _name(characters[0]), _reason(characters), _suggestion(characters))
        position += len(characters)


def code_point(character: str) -> str:
    """Return a character in the form `U+3042`."""
    return f"U+{ord(character):04X}"


def _arrives(text: str) -> bool:
    if _CONTROLS.search(text):
        return False
    try:
        text.encode(CHARACTER_SET)
    except UnicodeEncodeError:
        return False
    return True


def _characters_at(text: str, position: int) -> str:
    """Return the character at a position, with its sound mark or combining marks. CR and LF count as one."""
    end = position + 1
    if text.startswith("\r\n", position):
        return "\r\n"
    if _is_half_width(text[position]) and text[end : end + 1] in {"ﾞ", "ﾟ"}:
        end += 1
    while end < len(text) and unicodedata.combining(text[end]):
        end += 1
    return text[position:end]


def _is_half_width(character: str) -> bool:
    return "\uff61" <= character <= "\uff9f"


def _reason(characters: str) -> Reason:
    """Return the first reason that applies. The most general one comes last."""
    first = characters[0]
    return next(why for why, holds in _REASONS if holds(first, characters))


_REASONS: tuple[tuple[Reason, Callable[[str, str], bool]], ...] = (
    (Reason.NOT_A_CHARACTER, lambda first, _: unicodedata.category(first) in {"Cs", "Cn"}),
    (Reason.CONTROL, lambda first, _: unicodedata.category(first) == "Cc"),
    (Reason.INVISIBLE, lambda first, _: unicodedata.category(first) in {"Cf", "Zl", "Zp"}),
    (Reason.VARIATION, lambda first, _: "VARIATION SELECTOR" in unicodedata.name(first, "")),
    (Reason.PRIVATE_USE, lambda first, _: unicodedata.category(first) == "Co"),
    (Reason.BEYOND_BASIC_PLANE, lambda first, _: first > "\uffff"),
    (Reason.HALF_WIDTH, lambda first, _: _is_half_width(first)),
    (Reason.COMBINING, lambda _, characters: any(map(unicodedata.combining, characters))),
    (Reason.NOT_IN_CHARACTER_SET, lambda _, __: True),
)


@lru_cache(maxsize=4096)
def _suggestion(characters: str) -> str | None:
    """Return what to write instead of some characters, if there is something that arrives."""
    if characters in _REPLACEMENTS:
        return _REPLACEMENTS[characters]
    if _reason(characters) in {Reason.NOT_A_CHARACTER, Reason.CONTROL, Reason.INVISIBLE, Reason.VARIATION}:
        return ""
    # First the composed form, then the compatibility form: the letters of a ligature, the digits of a circled number.
    for form in ("NFC", "NFKC"):
        plain = "".join(_REPLACEMENTS.get(one, one) for one in unicodedata.normalize(form, characters))
        if plain != characters and _arrives(plain):
            return plain
    return None


def _name(character: str) -> str:
    return unicodedata.name(character, code_point(character))
