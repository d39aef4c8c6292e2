"""Show snapshots: as a panel on a terminal, as a line every few seconds elsewhere."""

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
from zettai_demo.measurements import Percentiles, milliseconds
from zettai_demo.observer import Snapshot
from zettai_demo.progress import Say

WIDTH = 100
LINE_INTERVAL = 3.0
"""Seconds between two lines."""

EVENTS = 7
"""Events that the panel shows."""

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
    """Shows snapshots while the demo runs."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, snapshot: Snapshot) -> None:
        """Show a snapshot."""


def view_for(console: Console, limit: int, say: Say = str) -> View:
    """Return a panel for a terminal, lines for anything else."""
    return PanelView(console, limit, say) if console.is_terminal else LineView(console, say)


class PanelView:
    """A panel that is drawn again with each snapshot."""

    def __init__(self, console: Console, limit: int, say: Say = str) -> None:
        self._limit = limit
        self._say = say
        self._live = Live(panel(Snapshot(), limit, say), console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, snapshot: Snapshot) -> None:
        """Draw the panel."""
        self._live.update(panel(snapshot, self._limit, self._say), refresh=True)


class LineView:
    """Lines for a log: each event, and every few seconds the numbers."""

    def __init__(self, console: Console, say: Say = str) -> None:
        self._console = console
        self._say = say
        self._lock = Lock()
        self._next_line = 0.0
        self._last_event = -1.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, snapshot: Snapshot) -> None:
        """Print what is new."""
        with self._lock:
            for event in snapshot.events:
                if event.at > self._last_event:
                    self._last_event = event.at
                    self._print(f"{_clock(event.at)}  {self._say(event.text)}")
            if snapshot.elapsed >= self._next_line:
                self._next_line = snapshot.elapsed + LINE_INTERVAL
                self._print(line(snapshot, self._say))

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def line(snapshot: Snapshot, say: Say = str) -> str:
    """Return the numbers of a snapshot in one line."""
    states = ", ".join(f"{count} {state}" for state, count in (snapshot.states or {}).items() if count)
    calls = say(f"{snapshot.rate} calls/s, at most {snapshot.worst} in any second")
    return f"{_clock(snapshot.elapsed)}  {calls}; {states or say('no messages yet')}"


def panel(snapshot: Snapshot, limit: int, say: Say = str) -> RenderableType:
    """Return a snapshot as a panel."""
    lower = Table.grid(expand=True, padding=(0, 3))
    lower.add_column(ratio=1)
    lower.add_column(ratio=1)
    lower.add_row(_lanes(snapshot, say), _states(snapshot, say))
    heading, rate, events = _heading(snapshot, say), _rate(snapshot, limit, say), _events(snapshot, say)
    body = Group(heading, Text(), rate, Text(), lower, Text(), events)
    return Panel(
        body,
        title="[bold]zettai demo[/bold]",
        subtitle=f"[dim]{say('real queue · real workers · simulated provider, 100 ms away')}[/dim]",
        box=ROUNDED,
        border_style="red" if snapshot.faults else "blue",
        width=WIDTH,
        padding=(1, 2),
    )


def _heading(snapshot: Snapshot, say: Say) -> RenderableType:
    row = Table.grid(expand=True)
    row.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    row.add_column(justify="right")
    row.add_row(Text(f"▶ {say(snapshot.step)}", style="bold"), Text(_clock(snapshot.elapsed), style="dim"))
    return row


def _rate(snapshot: Snapshot, limit: int, say: Say) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", width=8)
    grid.add_column(width=56, no_wrap=True)
    grid.add_column(no_wrap=True)
    bar = Bar(limit, 0, min(snapshot.rate, limit), width=56, color="cyan")
    grid.add_row(say("calls/s"), bar, say(f"{snapshot.rate} of {limit}"))
    worst = Text(say(f"{snapshot.worst} in any second"), style="green" if snapshot.worst <= limit else "bold red")
    grid.add_row(say("at most"), Bar(limit, 0, min(snapshot.worst, limit), width=56, color="blue"), worst)
    finished = say(f"{snapshot.finished:,} of {snapshot.requested:,}")
    grid.add_row(say("finished"), ProgressBar(max(snapshot.requested, 1), snapshot.finished, width=56), finished)
    faults = Text(", ".join(map(say, snapshot.faults)) or say("none"), style="bold red" if snapshot.faults else "dim")
    grid.add_row(say("faults"), faults)
    return grid


def _lanes(snapshot: Snapshot, say: Say) -> RenderableType:
    table = _table(say("lane"), say("accepted"), "p50", "p99")
    for lane in SENDING_LANES:
        waits: Percentiles | None = (snapshot.waits or {}).get(lane)
        if waits is None:
            table.add_row(lane, "–", "–", "–")
        else:
            table.add_row(lane, f"{waits.count:,}", milliseconds(waits.p50), milliseconds(waits.p99))
    table.caption = say("from send() until the provider accepted it")
    table.caption_justify = "left"
    return table


def _states(snapshot: Snapshot, say: Say) -> RenderableType:
    table = _table(say("state"), say("messages"))
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


def _events(snapshot: Snapshot, say: Say) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column(no_wrap=True, overflow="ellipsis")
    for event in snapshot.events[-EVENTS:]:
        grid.add_row(_clock(event.at), Text(say(event.text)))
    return grid


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60:02}:{int(seconds) % 60:02}"
