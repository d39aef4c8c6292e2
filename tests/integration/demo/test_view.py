"""The view: what a snapshot says can be seen, at a terminal and in a log."""

import io

import pytest
from rich.console import Console

from zettai import Lane, State
from zettai_cli.shared.sparkline import spark
from zettai_demo.measurements import Spread
from zettai_demo.observer import Snapshot
from zettai_demo.requests import Happening
from zettai_demo.view import LineView, PanelView, view_for

SNAPSHOT = Snapshot(
    elapsed=65.0,
    step="A campaign",
    faults=("cut", "503"),
    happenings=(Happening(1.0, "It began [so]"),),
    rates=(0, 300, 598),
    worst=599,
    states={State.QUEUED: 4000, State.DELIVERED: 2000, State.HELD: 0},
    waits={Lane.URGENT: Spread(count=7, p50=0.031, p99=1.25)},
    taken=2100,
    asked=6000,
)


def console(*, terminal: bool) -> Console:
    """A console that remembers what was printed."""
    return Console(file=io.StringIO(), force_terminal=terminal, width=110)


def seen(on: Console) -> str:
    """What was printed."""
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def test_panel() -> None:
    """Everything that moves is in the picture."""
    screen = console(terminal=True)
    with PanelView(screen, limit=600) as view:
        view.show(SNAPSHOT)
    picture = seen(screen)
    for text in ("A campaign", "01:05", "598", "99 % used", "worst 599", "31 ms", "1.2 s", "4,000", "cut, 503", "[so]"):
        assert text in picture
    assert "held" not in picture


def test_lines() -> None:
    """Each happening is told once, and how everything stands every few seconds."""
    log = console(terminal=False)
    with LineView(log) as view:
        view.show(SNAPSHOT)
        view.show(SNAPSHOT)
    assert seen(log).splitlines() == [
        "00:01  It began [so]",
        "01:05  598 calls/s, worst second 599; 4000 queued, 2000 delivered",
    ]


@pytest.mark.parametrize(("terminal", "kind"), [(True, PanelView), (False, LineView)])
def test_view_for(*, terminal: bool, kind: type) -> None:
    """A picture is for terminals, lines are for logs."""
    assert isinstance(view_for(console(terminal=terminal), 600), kind)


def test_spark() -> None:
    """Nothing is empty, the top is full, and a single call can be seen."""
    assert spark([0, 1, 300, 600, 700], 600) == " ▁▄██"
