"""What a text costs, and which of its characters may not arrive: pure functions, told nothing about who sends it.

Three facts, of different weight:

- The length is a rule of the provider's specification: 1 to 660 characters, wide and narrow alike. `send` refuses
  what is shorter or longer.
- The parts that are billed are told by the provider after delivery (`separatedSuccessCount`). Its specification does
  not say how a text is divided, so what is told here is an estimate: see `PART`.
- That only characters of ISO-2022-JP arrive is what the provider's public answers to questions say
  (aicross.co.jp/zettai-reach/qa). The specification is silent, and carriers differ. So these are findings, no refusals.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

BODY_LENGTH = 660
"""Characters, wide and narrow alike (the provider's specification)."""

SINGLE = 70
"""Characters that one short message takes: 140 octets of UCS-2 (3GPP TS 23.040)."""

PART = 66
"""Characters that each part of a longer one takes: 140 octets less 7 for the header that joins the parts, with a
reference of 16 bits (3GPP TS 23.040, 9.2.3.24.8). It fits the provider's longest text, 10 parts of 66. With a
reference of 8 bits it would be 67, and for a few lengths one part less."""

CARRIED = "iso2022_jp"
"""Python's name of the character set that arrives: ASCII, and JIS X 0208 without the extensions of Windows."""

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""Control characters but the line feed, which a text may have."""

_IN_PLACE_OF = {
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
"""What JIS X 0208 has in place of a character, where Unicode's own compatibility forms do not tell."""


class Why(StrEnum):
    """Why a character may not arrive as it was written."""

    NO_CHARACTER = "no character: half a surrogate pair, or unassigned"
    CONTROL = "a control character"
    INVISIBLE = "an invisible formatting character, not in ISO-2022-JP"
    VARIATION = "a variation selector, not in ISO-2022-JP: the character before it is shown in its plain form"
    COMBINING = "with a combining mark, not in ISO-2022-JP: write the composed character"
    PRIVATE = "a private-use character (gaiji), which means something else, or nothing, to each handset"
    BEYOND = "beyond the basic plane, as most emoji are, and not in ISO-2022-JP"
    HALF_WIDTH = "half-width katakana, not in ISO-2022-JP"
    OUTSIDE = "not in ISO-2022-JP"


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in a text that may not arrive as it was written.

    Attributes:
        position: of its first character, from 0.
        characters: what stands there: one character, or one with the marks that belong to it.
        name: the first character's name in Unicode; its code point where it has none.
        why: what is wrong with it.
        suggestion: what to write in its place; None where there is nothing, "" to leave it out.
    """

    position: int
    characters: str
    name: str
    why: Why
    suggestion: str | None

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON; the characters by their code points, since they may not be shown."""
        return {
            "position": self.position,
            "code_points": [code_point(character) for character in self.characters],
            "name": self.name,
            "why": self.why.value,
            "suggestion": self.suggestion,
        }


@dataclass(frozen=True, slots=True)
class TextCheck:
    """What is to be known of a text before it is sent. It does not hold the text.

    Attributes:
        length: characters as the provider counts them.
        parts: that will be billed if it is delivered, as estimated; 0 for an empty text.
        problem: why `send` refuses it; None where it does not.
        findings: what may not arrive as it was written, in the order of the text.
    """

    length: int
    parts: int
    problem: str | None
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether it can be sent, and nothing in it is in doubt."""
        return self.problem is None and not self.findings

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return {
            "length": self.length,
            "estimated_parts": self.parts,
            "problem": self.problem,
            "findings": [finding.to_dict() for finding in self.findings],
        }


def check_text(text: str) -> TextCheck:
    """Look at a text before it is sent.

    Example:
        >>> check = check_text("㈱絶対 ☕")
        >>> check.length, check.parts, [finding.suggestion for finding in check.findings]
        (5, 1, ['(株)', None])
    """
    return TextCheck(count(text), estimated_parts(text), problem_of(text), tuple(findings(text)))


def count(text: str) -> int:
    """Characters as the provider counts them: "counted as characters, wide or narrow alike".

    Its specification does not say what a character beyond the basic plane counts; here it is one, as in Python.
    """
    return len(text)


def problem_of(text: str, longest: int = BODY_LENGTH) -> str | None:
    """Why a text cannot be sent at all, in one line; None where it can."""
    length = count(text)
    if not 1 <= length <= longest:
        return f"must have 1 to {longest} characters, has {length}"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "contains half a surrogate pair, which is not a character"
    return None


def estimated_parts(text: str) -> int:
    """The parts that will be billed if the text is delivered: an estimate, see `PART`. 0 for an empty text."""
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return min(units, 1) if units <= SINGLE else -(-units // PART)


def findings(text: str) -> Iterator[Finding]:
    """What in a text may not arrive as it was written, in its order."""
    if _is_carried(text):
        return
    position = 0
    while position < len(text):
        characters = _at(text, position)
        if not _is_carried(characters):
            yield Finding(position, characters, _name(characters[0]), _why(characters), _suggestion(characters))
        position += len(characters)


def code_point(character: str) -> str:
    """A character as `U+3042`."""
    return f"U+{ord(character):04X}"


def _is_carried(text: str) -> bool:
    if _CONTROLS.search(text):
        return False
    try:
        text.encode(CARRIED)
    except UnicodeEncodeError:
        return False
    return True


def _at(text: str, position: int) -> str:
    """The character at a position, together with what changes it: a sound mark, combining marks, a line feed."""
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


def _why(characters: str) -> Why:
    """The first reason that holds, from the surest to the most general."""
    first = characters[0]
    return next(why for why, holds in _REASONS if holds(first, characters))


_REASONS: tuple[tuple[Why, Callable[[str, str], bool]], ...] = (
    (Why.NO_CHARACTER, lambda first, _: unicodedata.category(first) in {"Cs", "Cn"}),
    (Why.CONTROL, lambda first, _: unicodedata.category(first) == "Cc"),
    (Why.INVISIBLE, lambda first, _: unicodedata.category(first) in {"Cf", "Zl", "Zp"}),
    (Why.VARIATION, lambda first, _: "VARIATION SELECTOR" in unicodedata.name(first, "")),
    (Why.PRIVATE, lambda first, _: unicodedata.category(first) == "Co"),
    (Why.BEYOND, lambda first, _: first > "\uffff"),
    (Why.HALF_WIDTH, lambda first, _: _is_half_width(first)),
    (Why.COMBINING, lambda _, characters: any(map(unicodedata.combining, characters))),
    (Why.OUTSIDE, lambda _, __: True),
)


@lru_cache(maxsize=4096)
def _suggestion(characters: str) -> str | None:
    """What to write in place of characters, if that arrives."""
    if characters in _IN_PLACE_OF:
        return _IN_PLACE_OF[characters]
    if _why(characters) in {Why.NO_CHARACTER, Why.CONTROL, Why.INVISIBLE, Why.VARIATION}:
        return ""
    # First composed, then in the plain form that Unicode knows: a ligature's letters, a circled number's digits.
    for form in ("NFC", "NFKC"):
        plain = "".join(_IN_PLACE_OF.get(one, one) for one in unicodedata.normalize(form, characters))
        if plain != characters and _is_carried(plain):
            return plain
    return None


def _name(character: str) -> str:
    return unicodedata.name(character, code_point(character))
