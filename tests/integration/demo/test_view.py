"""The view of a snapshot, on a terminal and in a log."""

import io

import pytest
from rich.console import Console

from zettai import Lane, State
from zettai_demo.measurements import Percentiles
from zettai_demo.observer import Snapshot
from zettai_demo.progress import Event
from zettai_demo.view import LineView, PanelView, view_for

SNAPSHOT = Snapshot(
    elapsed=65.0,
    step="A campaign",
    faults=("connection cut", "HTTP 503"),
    events=(Event(1.0, "It began [so]"),),
    rate=598,
    worst=599,
    states={State.QUEUED: 4000, State.DELIVERED: 2000, State.HELD: 0},
    waits={Lane.URGENT: Percentiles(count=7, p50=0.031, p99=1.25)},
    accepted=2100,
    requested=6000,
)


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=110)


def printed(on: Console) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def test_panel_shows_the_snapshot() -> None:
    screen = console(terminal=True)
    with PanelView(screen, limit=600) as view:
        view.show(SNAPSHOT)
    text_on_screen = printed(screen)
    for part in (
        "A campaign",
        "01:05",
        "598",
        "of 600",
        "599 in any second",
        "31 ms",
        "1.2 s",
        "4,000",
        "connection cut, HTTP 503",
        "[so]",
    ):
        assert part in text_on_screen
    assert "held" not in text_on_screen


def test_each_event_is_one_line() -> None:
    log = console(terminal=False)
    with LineView(log) as view:
        view.show(SNAPSHOT)
        view.show(SNAPSHOT)
    assert printed(log).splitlines() == [
        "00:01  It began [so]",
        "01:05  598 calls/s, at most 599 in any second; 4000 queued, 2000 delivered",
    ]


@pytest.mark.parametrize(("terminal", "kind"), [(True, PanelView), (False, LineView)])
def test_panel_is_used_on_a_terminal_only(*, terminal: bool, kind: type) -> None:
    assert isinstance(view_for(console(terminal=terminal), 600), kind)
