"""CSV cells that no spreadsheet runs as a formula."""

import json
import re

_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
"""How a text starts that a spreadsheet may run as a formula: OWASP's list and its full-width forms."""

_NUMBER = re.compile(r"\+81[0-9*]+")
"""A phone number, masked or in full. No spreadsheet takes it for a formula."""


def safe_cell(value: object) -> str:
    """Return a value as the text of a cell. A text that looks like a formula gets a quote in front."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    text = "" if value is None else str(value)
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
