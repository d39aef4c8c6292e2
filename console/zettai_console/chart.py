"""The chart of a campaign: bars of outcomes and of final statuses over time, as numbers for an SVG in a template."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from zettai.campaign_report.statistics import Outcome, Report
from zettai.campaign_report.timeline import Timeline

WIDTH, HEIGHT = 720, 200
"""Of the drawing, in units of its own. It is stretched to the width of the page."""

FEWEST_STEPS = 16
"""The chart has room for so many steps at least, so that a single column is not as wide as the page."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle.

    Attributes:
        outcome: what it counts.
        count: how many.
        at: the start of its step; None in the bar of all outcomes.
    """

    outcome: Outcome
    count: int
    left: float
    top: float
    width: float
    height: float
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of a campaign.

    Attributes:
        shares: one bar for each outcome, side by side.
        columns: the final statuses over time.
        highest: the largest number of final statuses in a step.
        start: of the first step.
        end: of the last step.
        step: the length of a step.
    """

    shares: tuple[Bar, ...]
    columns: tuple[Bar, ...] = ()
    highest: int = 0
    start: datetime | None = None
    end: datetime | None = None
    step: timedelta = timedelta()

    @property
    def size(self) -> tuple[int, int]:
        """The width and the height of the drawing."""
        return WIDTH, HEIGHT


def chart_of(report: Report) -> Chart:
    """Return the chart of a report."""
    shares = tuple(_shares(report))
    timeline = report.timeline
    if timeline is None:
        return Chart(shares)
    sums = [sum(pair) for pair in zip(timeline.delivered, timeline.undelivered, strict=True)]
    highest = max(sums)
    end = timeline.start + timeline.step * max(len(sums), FEWEST_STEPS)
    return Chart(shares, tuple(_columns(timeline, highest)), highest, timeline.start, end, timeline.step)


def _shares(report: Report) -> Iterator[Bar]:
    left = 0.0
    for outcome, count in report.outcomes.items():
        width = WIDTH * count / report.messages if report.messages else 0.0
        if count:
            yield Bar(outcome, count, left, 0, width, 1)
        left += width


def _columns(timeline: Timeline, highest: int) -> Iterator[Bar]:
    width = WIDTH / max(len(timeline.delivered), FEWEST_STEPS)
    for number, counts in enumerate(zip(timeline.delivered, timeline.undelivered, strict=True)):
        bottom = float(HEIGHT)
        for outcome, count in zip((Outcome.DELIVERED, Outcome.UNDELIVERED), counts, strict=True):
            height = HEIGHT * count / highest
            bottom -= height
            if count:
                at = timeline.start + timeline.step * number
                yield Bar(outcome, count, number * width, bottom, max(width - 1, 1.0), height, at)
