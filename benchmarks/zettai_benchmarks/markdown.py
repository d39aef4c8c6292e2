"""Measurements as people read them, and tables in Markdown."""

from collections.abc import Iterable, Sequence

NONE = "–"
"""Where there is no figure."""

Cells = Sequence[str]


def number(value: float | None, digits: int = 3) -> str:
    """A number as people read it."""
    if value is None:
        return NONE
    if abs(value) >= 10**digits or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def share(value: float | None) -> str:
    """A share as per cent."""
    return NONE if value is None else f"{value:.1%}".replace("%", " %")


def multiple(value: float | None, ours: float | None) -> str:
    """A figure as a multiple of ours."""
    return NONE if value is None or not ours else f"{value / ours:.2f} ×"


def milliseconds(seconds: float | None) -> str:
    """Seconds as milliseconds; where the end never came there is no figure."""
    return "not within the run" if seconds is None else f"{seconds * 1000:,.0f} ms"


def markdown(header: Cells, rows: Iterable[Cells]) -> str:
    """A table; all columns but the first hold measurements."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (header, rule, *rows))
