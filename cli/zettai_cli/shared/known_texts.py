"""Translates texts that are made in English: those of a known form, and why a value is refused."""

import re
from functools import cache

from zettai.core.invalid_reasons import FIELDS_IN_JAPANESE, InvalidReason
from zettai_cli.shared.language import is_japanese, say
from zettai_cli.shared.library_texts import FORMS

PARTS = re.compile(r"(; (?=ZETTAI_)|: )")
"""What is between the parts of a text: several settings that are wrong, and the place of a problem."""

SOME_VALUE = "値"
"""The name of a field that the text does not name."""

REFUSALS = {one.english: one for one in InvalidReason if one is not InvalidReason.INVALID and "{{" not in one.english}
"""Why a value is refused, by the form of the English text."""


def translate(text: str, *, field: str = SOME_VALUE) -> str:
    """Return a text in the language of the user; a text of no known form as it is.

    Args:
        text: in English.
        field: what is refused, if the text says why but not what.
    """
    if not is_japanese():
        return text
    for form in FORMS:
        if (values := matches(form, text)) is not None:
            return say(form, **{name: translate(value) for name, value in values.items()})
    if (refusal := _refusal(text, field)) is not None:
        return refusal
    first, *rest = PARTS.split(text)
    # The separators have odd positions.
    pairs = zip(rest[::2], map(translate, rest[1::2]), strict=True)
    return "".join([translate(first) if rest else first, *(part for pair in pairs for part in pair)])


def matches(form: str, text: str) -> dict[str, str] | None:
    """Return the values in a text of this form, or None if it has another form."""
    found = _pattern(form).fullmatch(text)
    return None if found is None else found.groupdict()


@cache
def _pattern(form: str) -> re.Pattern[str]:
    """Return the pattern of a form: each value is a part of the text."""
    return re.compile(re.sub(r"\\\{(\w+)[^}]*\\\}", r"(?P<\1>.+?)", re.escape(form)))


def _refusal(text: str, about: str) -> str | None:
    """Return why a value is refused, as a form says it in Japanese; None for another text."""
    field, _, problem = text.rpartition(": ")
    if field not in FIELDS_IN_JAPANESE:
        field, problem = about, text
    for form, reason in REFUSALS.items():
        if (values := matches(form, problem)) is not None:
            japanese = re.sub(r"\{(\w+)[^}]*\}", r"{\1}", reason.japanese)
            return japanese.format(field=FIELDS_IN_JAPANESE.get(field, field), **values)
    return None
