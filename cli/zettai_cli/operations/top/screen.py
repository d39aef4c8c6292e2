"""How a frame looks to people. It only draws what the frame says."""

from collections.abc import Sequence
from datetime import timedelta

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from zettai_cli.messages.views import state_text, time_text
from zettai_cli.operations.top.frame import Beat, Frame
from zettai_cli.shared.sparkline import spark

REMEMBERED = 60
"""Rates of earlier frames that the picture has room for."""

LATE = timedelta(seconds=5)
"""A tick, or a check, that is later than this is no mere moment late."""

NOTHING = "–"


def screen(frame: Frame, rates: Sequence[int], problem: str | None = None) -> RenderableType:
    """The whole picture.

    Args:
        frame: how everything stands, or stood when Redis answered last.
        rates: calls booked in the last second, of this frame and those before it, oldest first.
        problem: why the frame could not be renewed.
    """
    lower = Table.grid(padding=(0, 6))
    lower.add_row(_lanes(frame), _states(frame))
    parts: list[RenderableType] = [_heading(frame, problem), Text(), _rate(frame, rates), Text(), lower]
    if frame.troubles:
        parts += [Text(), _troubles(frame)]
    return Group(*parts)


def age_text(age: timedelta) -> str:
    """An age as people read it, to about a percent."""
    total = age.total_seconds()
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if total >= 2 * unit:
            return f"{total / unit:,.0f} {name}"
    return f"{total:.1f} s"


def _heading(frame: Frame, problem: str | None) -> RenderableType:
    grid = _facts()
    if problem is not None:
        grid.add_row("redis", Text(problem, style="bold red"))
    grid.add_row("as of", time_text(frame.figures.at))
    grid.add_row("workers", _workers(frame.workers))
    grid.add_row("beat", _beat(frame.beat))
    grid.add_row("sending", _sending(frame))
    return grid


def _workers(workers: tuple[str, ...] | None) -> Text:
    if workers is None:
        return Text("not known yet", style="dim")
    if not workers:
        return Text("none answers", style="bold red")
    return Text(f"{len(workers)} answer: {', '.join(workers)}")


def _beat(beat: Beat) -> Text:
    if not beat.alive:
        return Text("none holds the lock", style="bold red")
    if beat.lag is None:
        return Text("has not ticked yet", style="yellow")
    return Text(f"its next tick is {age_text(beat.lag)} late", style="yellow" if beat.lag > LATE else "")


def _sending(frame: Frame) -> Text:
    """What keeps messages from being sent, if anything does."""
    figures, limit = frame.figures, frame.limit
    if figures.held is not None:
        what = "the provider is down" if figures.provider_down else "the account is held"
        return Text(f"{what}: {figures.held}", style="bold red")
    if limit.paused:
        end = f"until {time_text(limit.paused_until)}" if limit.paused_until else "until zettai limiter resume"
        return Text(f"paused {end}", style="yellow")
    return Text("open", style="green")


def _rate(frame: Frame, rates: Sequence[int]) -> RenderableType:
    limit = frame.limit
    top = max(limit.rate, 1.0)
    grid = _facts()
    shown = list(rates)[-REMEMBERED:]
    share = min(limit.booked, top)
    by_hand = "" if limit.override is None else ", set by hand"
    grid.add_row("calls", Text(spark(shown, round(top)).rjust(REMEMBERED), style="cyan"))
    grid.add_row("limit", Bar(top, 0, share, width=REMEMBERED, color="cyan"))
    told = f"{limit.booked:,} of {limit.rate:,.0f} a second, {100 * share / top:.0f} %"
    grid.add_row("", f"{told}; the setting is {limit.limit}{by_hand}")
    return grid


def _lanes(frame: Frame) -> RenderableType:
    figures = frame.figures
    table = _table("lane", "tasks queued")
    for lane, count in figures.queued_tasks.items():
        table.add_row(lane, f"{count:,}")
    table.add_section()
    table.add_row("due to be sent", f"{figures.due_to_send:,}")
    table.add_row("due to be checked", f"{figures.due_to_check:,}")
    table.add_row(
        "checks are late by",
        Text(age_text(figures.check_lag), style="yellow" if figures.check_lag > LATE else ""),
    )
    return table


def _states(frame: Frame) -> RenderableType:
    figures = frame.figures
    table = _table("state", "messages", "oldest")
    for state, count in figures.states.items():
        age = figures.oldest.get(state)
        if count:
            table.add_row(state_text(state), f"{count:,}", NOTHING if age is None else age_text(age))
    if not any(figures.states.values()):
        table.add_row("none yet", "", "")
    return table


def _troubles(frame: Frame) -> RenderableType:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("latest trouble", no_wrap=True)
    for name in ("tag", "lane", "state", "tries", "reason"):
        table.add_column(name, overflow="ellipsis", no_wrap=True)
    for one in frame.troubles:
        tries = str(one.attempts)
        table.add_row(f"{one.at:%H:%M:%S}", one.client_tag, one.lane, state_text(one.state), tries, one.reason)
    return table


def _facts() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=7)
    grid.add_column(no_wrap=True, overflow="ellipsis")
    return grid


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table
