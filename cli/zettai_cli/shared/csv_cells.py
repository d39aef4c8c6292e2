"""Cells of CSV that no spreadsheet takes for a formula."""

import re

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
"""How a text begins that a spreadsheet may calculate, or run: OWASP's list, and its full-width forms."""

_NUMBER = re.compile(r"\+81[0-9*]+")
"""A phone number, masked or in full, which is no formula in any spreadsheet."""


def cell(value: object) -> str:
    """A value as a cell; what a spreadsheet would take for a formula is kept a text by a quote in front."""
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
