"""A report as a picture: SVG made here, without any library. What the figures mean stands in `figures.py`.

Nothing depends on colour alone: each part of the bar is named with its count, and the description tells all of it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from html import escape

from worker.cli.report.figures import Outcome, Report
from worker.cli.report.timeline import Timeline
from worker.cli.views import time_text

COLOURS = {
    Outcome.DELIVERED: "#009e73",
    Outcome.UNDELIVERED: "#d55e00",
    Outcome.UNKNOWN: "#cc79a7",
    Outcome.UNDER_WAY: "#56b4e9",
    Outcome.PENDING: "#b8b8b8",
    Outcome.CANCELED: "#e69f00",
    Outcome.EXPIRED: "#8c6d1f",
    Outcome.REFUSED: "#4d4d4d",
}
"""After Okabe and Ito: told apart by people who do not see all colours."""

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT = 56, WIDTH - 24
SPAN = RIGHT - LEFT
BAR_TOP, BAR_HEIGHT = 84, 28
LEGEND_TOP, LEGEND_ROW, LEGEND_COLUMNS = 136, 22, 4
PLOT_TOP, PLOT_BOTTOM = 236, 412

TITLE_LENGTH = 36
"""Characters, that they fit even where all are wide."""

STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.title{font-size:18px;font-weight:600}"
    ".dim{fill:#666}.end{text-anchor:end}.middle{text-anchor:middle}line{stroke:#ddd}"
)

ROLE = f'width="{WIDTH}" height="{HEIGHT}" role="img" lang="en" aria-labelledby="report-title report-desc"'


def svg(report: Report) -> str:
    """The picture of a report: how its messages stand, and when they came to their ends."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {ROLE}>',
        f'<title id="report-title">{escape(title(report))}</title>',
        f'<desc id="report-desc">{escape(description(report))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 36, shorten(title(report)), "title"),
        _text(LEFT, 60, f"{report.messages:,} messages, as of {time_text(report.at)}", "dim"),
        *_bar(report),
        *_legend(report),
        *_plot(report.ends),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def title(report: Report) -> str:
    """What the picture is called."""
    return f"Campaign {report.group}"


def shorten(text: str) -> str:
    """As much of a text as the picture has room for."""
    return text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 1]}…"


def description(report: Report) -> str:
    """The picture in words, with every number that it draws."""
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in report.outcomes.items() if count) or "none"
    told = f"{report.messages:,} messages: {counts}."
    ends = report.ends
    if ends is None:
        return f"{told} No carrier has told an end yet."
    last = ends.start + ends.step * len(ends.delivered)
    return (
        f"{told} Ends told from {time_text(ends.start)} to {time_text(last)}, in steps of {step_text(ends.step)}: "
        f"delivered {', '.join(map(str, ends.delivered))}; undelivered {', '.join(map(str, ends.undelivered))}."
    )


def step_text(step: timedelta) -> str:
    """A step as people read it."""
    for unit, name in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour"), (timedelta(minutes=1), "minute")):
        if step >= unit:
            return f"{step // unit} {name}{'s' if step // unit > 1 else ''}"
    return f"{step.total_seconds():.0f} s"


def top_of_axis(highest: int) -> int:
    """The least of 1, 2, 4, 5 and 10 times a power of ten that is no lower."""
    power: int = 10 ** (len(str(max(highest, 1))) - 1)
    return next(factor * power for factor in (1, 2, 4, 5, 10) if factor * power >= highest)


def _bar(report: Report) -> Iterator[str]:
    place = float(LEFT)
    for outcome, count in report.outcomes.items():
        width = SPAN * count / report.messages if report.messages else 0
        if width:
            yield _rectangle((place, BAR_TOP, width, BAR_HEIGHT), outcome, f"{count:,} {outcome}")
        place += width


def _legend(report: Report) -> Iterator[str]:
    column = SPAN / LEGEND_COLUMNS
    for number, (outcome, count) in enumerate(report.outcomes.items()):
        left = LEFT + number % LEGEND_COLUMNS * column
        top = LEGEND_TOP + number // LEGEND_COLUMNS * LEGEND_ROW
        yield _rectangle((left, top - 10, 11, 11), outcome)
        yield _text(left + 18, top, f"{outcome} {count:,}", "" if count else "dim")


def _plot(ends: Timeline | None) -> Iterator[str]:
    if ends is None:
        yield _text(LEFT, PLOT_TOP - 32, "No carrier has told an end yet.", "dim")
        return
    yield _text(LEFT, PLOT_TOP - 32, f"Delivered and undelivered over time; a column is {step_text(ends.step)}", "dim")
    sums = [sum(pair) for pair in zip(ends.delivered, ends.undelivered, strict=True)]
    top = top_of_axis(max(sums))
    for value in sorted({0, top // 2, top}):
        height = PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * value / top
        yield f'<line x1="{LEFT}" x2="{RIGHT}" y1="{height:.1f}" y2="{height:.1f}"/>'
        yield _text(LEFT - 8, height + 4, f"{value:,}", "dim end")
    width = SPAN / len(sums)
    for number, (delivered, undelivered) in enumerate(zip(ends.delivered, ends.undelivered, strict=True)):
        bottom = float(PLOT_BOTTOM)
        for outcome, count in ((Outcome.DELIVERED, delivered), (Outcome.UNDELIVERED, undelivered)):
            height = (PLOT_BOTTOM - PLOT_TOP) * count / top
            bottom -= height
            if count:
                box = LEFT + number * width + 0.5, bottom, max(width - 1, 0.5), height
                yield _rectangle(box, outcome, f"{_moment(ends, number)}: {count:,} {outcome}")
    yield _text(LEFT, PLOT_BOTTOM + 20, _moment(ends, 0), "dim")
    yield _text(RIGHT, PLOT_BOTTOM + 20, f"{_moment(ends, len(sums))} JST", "dim end")


def _moment(ends: Timeline, steps: int) -> str:
    """The time at which a step begins, as precise as its length; with the day, since a campaign may last some."""
    moment: datetime = ends.start + ends.step * steps
    return f"{moment:%m-%d}" if ends.step >= timedelta(days=1) else f"{moment:%m-%d %H:%M:%S}"


def _rectangle(box: tuple[float, float, float, float], outcome: Outcome, told: str = "") -> str:
    """A part of the picture: its left, top, width and height; what it stands for; and what a pointer is told."""
    left, top, width, height = (f"{value:.2f}" for value in box)
    hint = f"<title>{escape(told)}</title>" if told else ""
    return f'<rect x="{left}" y="{top}" width="{width}" height="{height}" fill="{COLOURS[outcome]}">{hint}</rect>'


def _text(left: float, top: float, text: str, style: str = "") -> str:
    kind = f' class="{style}"' if style else ""
    return f'<text x="{left:.1f}" y="{top:.1f}"{kind}>{escape(text)}</text>'
