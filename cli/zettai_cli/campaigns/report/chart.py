"""A report as a picture, made of the parts in `svg.py`. What the figures mean stands in `figures.py`.

Nothing depends on colour alone: each part of the bar is named with its count, and the description tells all of it.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from zettai_cli.campaigns.report.figures import Outcome, Report
from zettai_cli.campaigns.report.timeline import Timeline
from zettai_cli.messages.views import time_text
from zettai_cli.shared.svg import line, picture, rectangle, text, top_of_axis

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


def svg(report: Report) -> str:
    """The picture of a report: how its messages stand, and when they came to their ends."""
    parts = [
        text(LEFT, 36, shorten(title(report)), "title"),
        text(LEFT, 60, f"{report.messages:,} messages, as of {time_text(report.at)}", "dim"),
        *_bar(report),
        *_legend(report),
        *_plot(report.ends),
    ]
    return picture("report", (WIDTH, HEIGHT), title(report), description(report), parts)


def title(report: Report) -> str:
    """What the picture is called."""
    return f"Campaign {report.group}"


def shorten(words: str) -> str:
    """As much of a text as the picture has room for."""
    return words if len(words) <= TITLE_LENGTH else f"{words[: TITLE_LENGTH - 1]}…"


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


def _bar(report: Report) -> Iterator[str]:
    place = float(LEFT)
    for outcome, count in report.outcomes.items():
        width = SPAN * count / report.messages if report.messages else 0
        if width:
            yield rectangle((place, BAR_TOP, width, BAR_HEIGHT), COLOURS[outcome], f"{count:,} {outcome}")
        place += width


def _legend(report: Report) -> Iterator[str]:
    column = SPAN / LEGEND_COLUMNS
    for number, (outcome, count) in enumerate(report.outcomes.items()):
        left = LEFT + number % LEGEND_COLUMNS * column
        top = LEGEND_TOP + number // LEGEND_COLUMNS * LEGEND_ROW
        yield rectangle((left, top - 10, 11, 11), COLOURS[outcome])
        yield text(left + 18, top, f"{outcome} {count:,}", "" if count else "dim")


def _plot(ends: Timeline | None) -> Iterator[str]:
    if ends is None:
        yield text(LEFT, PLOT_TOP - 32, "No carrier has told an end yet.", "dim")
        return
    yield text(LEFT, PLOT_TOP - 32, f"Delivered and undelivered over time; a column is {step_text(ends.step)}", "dim")
    sums = [sum(pair) for pair in zip(ends.delivered, ends.undelivered, strict=True)]
    top = top_of_axis(max(sums))
    for value in sorted({0, top // 2, top}):
        height = PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * value / top
        yield line((LEFT, height), (RIGHT, height))
        yield text(LEFT - 8, height + 4, f"{value:,}", "dim end")
    width = SPAN / len(sums)
    for number, (delivered, undelivered) in enumerate(zip(ends.delivered, ends.undelivered, strict=True)):
        bottom = float(PLOT_BOTTOM)
        for outcome, count in ((Outcome.DELIVERED, delivered), (Outcome.UNDELIVERED, undelivered)):
            height = (PLOT_BOTTOM - PLOT_TOP) * count / top
            bottom -= height
            if count:
                box = LEFT + number * width + 0.5, bottom, max(width - 1, 0.5), height
                yield rectangle(box, COLOURS[outcome], f"{_moment(ends, number)}: {count:,} {outcome}")
    yield text(LEFT, PLOT_BOTTOM + 20, _moment(ends, 0), "dim")
    yield text(RIGHT, PLOT_BOTTOM + 20, f"{_moment(ends, len(sums))} JST", "dim end")


def _moment(ends: Timeline, steps: int) -> str:
    """The time at which a step begins, as precise as its length; with the day, since a campaign may last some."""
    moment: datetime = ends.start + ends.step * steps
    return f"{moment:%m-%d}" if ends.step >= timedelta(days=1) else f"{moment:%m-%d %H:%M:%S}"
