"""Format numbers and tables as Markdown."""

from collections.abc import Iterable, Sequence

NONE = "–"
"""Shown in place of a missing number."""

Cells = Sequence[str]


def number(value: float | None, digits: int = 3) -> str:
    """Return a number as text."""
    if value is None:
        return NONE
    if abs(value) >= 10**digits or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """Return a share in per cent."""
    return NONE if value is None else f"{value:.1%}".replace("%", " %")


def multiple(value: float | None, ours: float | None) -> str:
    """Return a value as a multiple of ours."""
    return NONE if value is None or not ours else f"{value / ours:.2f} ×"


def milliseconds(seconds: float | None) -> str:
    """Return seconds as milliseconds."""
    return "not within the run" if seconds is None else f"{seconds * 1000:,.0f} ms"


def markdown(header: Cells, rows: Iterable[Cells]) -> str:
    """Return a table; all columns but the first contain numbers."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))
