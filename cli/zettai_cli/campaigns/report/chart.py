"""A report as an SVG chart.

No information is in color alone: the legend names each part with its count, and the description has all numbers.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from zettai.campaign_report.statistics import Outcome, Report
from zettai.campaign_report.timeline import Timeline
from zettai_cli.messages.views import time_text
from zettai_cli.shared.console_words import outcome_text
from zettai_cli.shared.language import say
from zettai_cli.shared.svg import line, picture, rectangle, text, top_of_axis

COLORS = {
    Outcome.DELIVERED: "#009e73",
    Outcome.UNDELIVERED: "#d55e00",
    Outcome.UNKNOWN: "#cc79a7",
    Outcome.UNDER_WAY: "#56b4e9",
    Outcome.PENDING: "#b8b8b8",
    Outcome.CANCELED: "#e69f00",
    Outcome.EXPIRED: "#8c6d1f",
    Outcome.REFUSED: "#4d4d4d",
}
"""From the palette of Okabe and Ito, which color-blind people can distinguish."""

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT = 56, WIDTH - 24
SPAN = RIGHT - LEFT
BAR_TOP, BAR_HEIGHT = 84, 28
LEGEND_TOP, LEGEND_ROW, LEGEND_COLUMNS = 136, 22, 4
PLOT_TOP, PLOT_BOTTOM = 236, 412

TITLE_LENGTH = 36
"""Characters that fit even if all are full-width."""


def svg(report: Report) -> str:
    """Return the chart: the outcomes, and the final statuses over time."""
    parts = [
        text(LEFT, 36, shorten(title(report)), "title"),
        text(
            LEFT,
            60,
            say("{messages:,} messages, as of {time}", messages=report.messages, time=time_text(report.at)),
            "dim",
        ),
        *_bar(report),
        *_legend(report),
        *_plot(report.timeline),
    ]
    return picture("report", (WIDTH, HEIGHT), title(report), description(report), parts)


def title(report: Report) -> str:
    """Return the title of the chart."""
    return say("Campaign {group}", group=report.group)


def shorten(title: str) -> str:
    """Return the title, cut to the width of the chart."""
    return title if len(title) <= TITLE_LENGTH else f"{title[: TITLE_LENGTH - 1]}…"


def description(report: Report) -> str:
    """Return the chart as text, with all its numbers."""
    counts = (
        ", ".join(f"{count:,} {outcome_text(outcome)}" for outcome, count in report.outcomes.items() if count) or "none"
    )
    totals = say("{messages:,} messages: {counts}.", messages=report.messages, counts=counts)
    timeline = report.timeline
    if timeline is None:
        return say("{totals} There is no final status yet.", totals=totals)
    last = timeline.start + timeline.step * len(timeline.delivered)
    return say(
        "{totals} Final statuses from {first} to {last}, in steps of {step}: delivered {delivered}; "
        "undelivered {lost}.",
        totals=totals,
        first=time_text(timeline.start),
        last=time_text(last),
        step=step_text(timeline.step),
        delivered=", ".join(map(str, timeline.delivered)),
        lost=", ".join(map(str, timeline.undelivered)),
    )


def step_text(step: timedelta) -> str:
    """Return the length of a step as text."""
    units = (
        (timedelta(days=1), say("1 day"), say("{count} days")),
        (timedelta(hours=1), say("1 hour"), say("{count} hours")),
        (timedelta(minutes=1), say("1 minute"), say("{count} minutes")),
    )
    for unit, one, many in units:
        if step >= unit:
            return one if step // unit == 1 else many.format(count=step // unit)
    return say("{seconds:.0f} s", seconds=step.total_seconds())


def _bar(report: Report) -> Iterator[str]:
    place = float(LEFT)
    for outcome, count in report.outcomes.items():
        width = SPAN * count / report.messages if report.messages else 0
        if width:
            yield rectangle((place, BAR_TOP, width, BAR_HEIGHT), COLORS[outcome], f"{count:,} {outcome_text(outcome)}")
        place += width


def _legend(report: Report) -> Iterator[str]:
    column = SPAN / LEGEND_COLUMNS
    for number, (outcome, count) in enumerate(report.outcomes.items()):
        left = LEFT + number % LEGEND_COLUMNS * column
        top = LEGEND_TOP + number // LEGEND_COLUMNS * LEGEND_ROW
        yield rectangle((left, top - 10, 11, 11), COLORS[outcome])
        yield text(left + 18, top, f"{outcome_text(outcome)} {count:,}", "" if count else "dim")


def _plot(timeline: Timeline | None) -> Iterator[str]:
    if timeline is None:
        yield text(LEFT, PLOT_TOP - 32, say("There is no final status yet."), "dim")
        return
    yield text(
        LEFT,
        PLOT_TOP - 32,
        say("Delivered and undelivered over time; each column is {step}", step=step_text(timeline.step)),
        "dim",
    )
    sums = [sum(pair) for pair in zip(timeline.delivered, timeline.undelivered, strict=True)]
    top = top_of_axis(max(sums))
    for value in sorted({0, top // 2, top}):
        height = PLOT_BOTTOM - (PLOT_BOTTOM - PLOT_TOP) * value / top
        yield line((LEFT, height), (RIGHT, height))
        yield text(LEFT - 8, height + 4, f"{value:,}", "dim end")
    width = SPAN / len(sums)
    for number, (delivered, undelivered) in enumerate(zip(timeline.delivered, timeline.undelivered, strict=True)):
        bottom = float(PLOT_BOTTOM)
        for outcome, count in ((Outcome.DELIVERED, delivered), (Outcome.UNDELIVERED, undelivered)):
            height = (PLOT_BOTTOM - PLOT_TOP) * count / top
            bottom -= height
            if count:
                box = LEFT + number * width + 0.5, bottom, max(width - 1, 0.5), height
                yield rectangle(
                    box, COLORS[outcome], f"{_moment_text(timeline, number)}: {count:,} {outcome_text(outcome)}"
                )
    yield text(LEFT, PLOT_BOTTOM + 20, _moment_text(timeline, 0), "dim")
    yield text(RIGHT, PLOT_BOTTOM + 20, f"{_moment_text(timeline, len(sums))} JST", "dim end")


def _moment_text(timeline: Timeline, steps: int) -> str:
    """Return the start of a step: only the day if the steps are days, else day and time."""
    moment: datetime = timeline.start + timeline.step * steps
    return f"{moment:%m-%d}" if timeline.step >= timedelta(days=1) else f"{moment:%m-%d %H:%M:%S}"
