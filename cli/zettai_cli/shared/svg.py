"""SVG made here, without any library: the frame of a picture, and its parts. What is drawn is others' affair."""

from collections.abc import Iterable
from html import escape

STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.title{font-size:18px;font-weight:600}"
    ".dim{fill:#666}.end{text-anchor:end}.middle{text-anchor:middle}line{stroke:#ddd}"
)


def picture(name: str, size: tuple[int, int], title: str, description: str, parts: Iterable[str]) -> str:
    """A whole picture.

    Args:
        name: for its ids, unique on a page.
        size: width and height.
        title: what it is called.
        description: the picture in words.
        parts: what `rectangle`, `text` and others made, in the order of drawing.
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


def rectangle(box: tuple[float, float, float, float], colour: str, told: str = "") -> str:
    """A part of a picture: its left, top, width and height; its colour; and what a pointer is told."""
    left, top, width, height = (f"{value:.2f}" for value in box)
    hint = f"<title>{escape(told)}</title>" if told else ""
    return f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="{colour}">{hint}</rect>'


def text(left: float, top: float, words: str, style: str = "") -> str:
    """Words, in classes of the style such as `dim` and `end`."""
    kind = f' class="{style}"' if style else ""
    return f'<text x="{left:.1f}" y="{top:.1f}"{kind}>{escape(words)}</text>'


def line(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A line of a grid."""
    (left, top), (right, bottom) = start, end
    return f'<line x1="{left:.1f}" x2="{right:.1f}" y1="{top:.1f}" y2="{bottom:.1f}"/>'


def path(points: Iterable[tuple[float, float]], colour: str, told: str = "") -> str:
    """A line through points, and what a pointer is told."""
    hint = f"<title>{escape(told)}</title>" if told else ""
    places = " ".join(f"{left:.1f},{top:.1f}" for left, top in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="1.5">{hint}</polyline>'


def top_of_axis(highest: int) -> int:
    """The least of 1, 2, 4, 5 and 10 times a power of ten that is no lower."""
    power: int = 10 ** (len(str(max(highest, 1))) - 1)
    return next(factor * power for factor in (1, 2, 4, 5, 10) if factor * power >= highest)
