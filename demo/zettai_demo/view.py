"""The live view: one panel at a terminal, a line every few seconds elsewhere. It only draws what a snapshot says."""

from threading import Lock
from types import TracebackType
from typing import Protocol, Self

from rich.bar import Bar
from rich.box import ROUNDED
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from zettai import State
from zettai.core.lanes import SENDING_LANES
from zettai_cli.shared.sparkline import milliseconds, spark
from zettai_demo.measurements import Spread
from zettai_demo.observer import Snapshot

WIDTH = 100
LINE_EVERY = 3.0
"""Seconds from one line to the next, where there is no terminal."""

HAPPENINGS = 7
"""The latest ones, that the panel has room for."""

COLORS = {
    State.DELIVERED: "green",
    State.UNDELIVERED: "yellow",
    State.SUBMIT_UNKNOWN: "magenta",
    State.QUEUED: "cyan",
    State.HELD: "red",
    State.FAILED: "red",
    State.DELIVERY_UNKNOWN: "red",
}


class View(Protocol):
    """What shows snapshots while the play goes on."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, snapshot: Snapshot) -> None:
        """Show how everything stands."""


def view_for(console: Console, limit: int) -> View:
    """The panel at a terminal, lines elsewhere."""
    return PanelView(console, limit) if console.is_terminal else LineView(console)


class PanelView:
    """A panel that is drawn anew with each snapshot, and at no other time."""

    def __init__(self, console: Console, limit: int) -> None:
        self._limit = limit
        self._live = Live(panel(Snapshot(), limit), console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, snapshot: Snapshot) -> None:
        """Draw the panel anew."""
        self._live.update(panel(snapshot, self._limit), refresh=True)


class LineView:
    """Lines for a log: every few seconds how everything stands, and what happened since."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = Lock()
        self._next = 0.0
        self._told = -1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, snapshot: Snapshot) -> None:
        """Print what is new."""
        with self._lock:
            for happening in snapshot.happenings:
                if happening.at > self._told:
                    self._told = happening.at
                    self._print(f"{_clock(happening.at)}  {happening.text}")
            if snapshot.elapsed >= self._next:
                self._next = snapshot.elapsed + LINE_EVERY
                self._print(line(snapshot))

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def line(snapshot: Snapshot) -> str:
    """How everything stands, in one line."""
    states = ", ".join(f"{count} {state}" for state, count in (snapshot.states or {}).items() if count)
    rate = snapshot.rates[-1] if snapshot.rates else 0
    return f"{_clock(snapshot.elapsed)}  {rate} calls/s, worst second {snapshot.worst}; {states or 'no messages yet'}"


def panel(snapshot: Snapshot, limit: int) -> RenderableType:
    """How everything stands, as a picture."""
    lower = Table.grid(expand=True, padding=(0, 3))
    lower.add_column(ratio=1)
    lower.add_column(ratio=1)
    lower.add_row(_lanes(snapshot), _states(snapshot))
    body = Group(_heading(snapshot), Text(), _rate(snapshot, limit), Text(), lower, Text(), _happenings(snapshot))
    return Panel(
        body,
        title="[bold]zettai demo[/bold]",
        subtitle="[dim]real queue · real workers · simulated provider, 100 ms away[/dim]",
        box=ROUNDED,
        border_style="red" if snapshot.faults else "blue",
        width=WIDTH,
        padding=(1, 2),
    )


def _heading(snapshot: Snapshot) -> RenderableType:
    row = Table.grid(expand=True)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    row.add_column(justify="right")
    row.add_row(Text(f"▶ {snapshot.step}", style="bold"), Text(_clock(snapshot.elapsed), style="dim"))
    return row


def _rate(snapshot: Snapshot, limit: int) -> RenderableType:
    now = snapshot.rates[-1] if snapshot.rates else 0
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", width=9)
    grid.add_column(width=60, no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_row(
        "calls/s", Text(spark(snapshot.rates, limit).rjust(60), style="cyan"), f"[bold]{now}[/bold] of {limit}"
    )
    grid.add_row("limit", Bar(limit, 0, min(now, limit), width=60, color="cyan"), f"{now * 100 // limit} % used")
    worst = Text(f"worst {snapshot.worst}", style="green" if snapshot.worst <= limit else "bold red")
    grid.add_row("ended", ProgressBar(max(snapshot.asked, 1), snapshot.ended, width=60), worst)
    counted = Text(f"{snapshot.ended:,} of {snapshot.asked:,} messages", style="dim")
    grid.add_row("", counted, "[dim]sliding second[/dim]")
    grid.add_row("faults", Text(", ".join(snapshot.faults) or "none", style="bold red" if snapshot.faults else "dim"))
    return grid


def _lanes(snapshot: Snapshot) -> RenderableType:
    table = _table("lane", "sent", "p50", "p99")
    for lane in SENDING_LANES:
        waits: Spread | None = (snapshot.waits or {}).get(lane)
        if waits is None:
            table.add_row(lane, "–", "–", "–")
        else:
            table.add_row(lane, f"{waits.count:,}", milliseconds(waits.p50), milliseconds(waits.p99))
    table.caption = "from send() until the provider took it"
    table.caption_justify = "left"
    return table


def _states(snapshot: Snapshot) -> RenderableType:
    table = _table("state", "messages")
    for state, count in (snapshot.states or {}).items():
        if count:
            table.add_row(Text(state, style=COLORS.get(state, "")), f"{count:,}")
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, expand=True, header_style="dim", padding=(0, 1))
    table.add_column(first)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _happenings(snapshot: Snapshot) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for happening in snapshot.happenings[-HAPPENINGS:]:
        grid.add_row(_clock(happening.at), Text(happening.text))
    return grid


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"
