"""Functions that make SVG charts."""

from collections.abc import Iterable
from html import escape

STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.title{font-size:18px;font-weight:600}"
    ".dim{fill:#666}.end{text-anchor:end}.middle{text-anchor:middle}line{stroke:#ddd}"
)


def picture(name: str, size: tuple[int, int], title: str, description: str, parts: Iterable[str]) -> str:
    """Return an SVG document.

    Args:
        name: prefix of its ids, unique on a page.
        size: width and height.
        title: for screen readers.
        description: the content as text, for screen readers.
        parts: from `rectangle`, `text` and others, in the order of drawing.
    """
    width, height = size
    role = (
        f'width="{width}" height="{height}" role="img" lang="en" aria-labelledby="{escape(name)}-title '
        f'{escape(name)}-desc"'
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {role}>',
        f'<title id="{escape(name)}-title">{escape(title)}</title>',
        f'<desc id="{escape(name)}-desc">{escape(description)}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def rectangle(box: tuple[float, float, float, float], color: str, tooltip: str = "") -> str:
    """Return a rectangle, given its left, top, width and height."""
    left, top, width, height = (f"{value:.2f}" for value in box)
    hint = f"<title>{escape(tooltip)}</title>" if tooltip else ""
    return f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="{color}">{hint}</rect>'


def text(left: float, top: float, content: str, style: str = "") -> str:
    """Return a text with style classes such as `dim` and `end`."""
    kind = f' class="{style}"' if style else ""
    return f'<text x="{left:.1f}" y="{top:.1f}"{kind}>{escape(content)}</text>'


def line(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return a line of a grid."""
    (left, top), (right, bottom) = start, end
    return f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'


def path(points: Iterable[tuple[float, float]], color: str, tooltip: str = "") -> str:
    """Return a line through points."""
    hint = f"<title>{escape(tooltip)}</title>" if tooltip else ""
    places = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
    return f'<polyline points="{places}" fill="none" stroke="{color}" stroke-width="1.5">{hint}</polyline>'


def top_of_axis(highest: int) -> int:
    """Return the next round number: 1, 2, 4, 5 or 10 times a power of ten."""
    power: int = 10 ** (len(str(max(highest, 1))) - 1)
    return next(factor * power for factor in (1, 2, 4, 5, 10) if factor * power >= highest)
