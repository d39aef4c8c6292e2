"""Markdown that all pages share."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [header, *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    first, *others = (f"| {' | '.join(line)} |\n" for line in lines)
    return f"{first}|{'---|' * len(header)}\n{''.join(others)}"


def code(text: object) -> str:
    """Return a text as code."""
    return f"`{text}`"


def codes(texts: Iterable[object]) -> str:
    """Return texts as code with commas between them, and a dash where there is none."""
    return ", ".join(map(code, texts)) or "–"
