"""The summary: the verdict, and figures that are measured but not judged. For people a table, for programs JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from zettai import Lane, Message
from zettai_cli.shared.sparkline import milliseconds
from zettai_demo.measurements import Arrivals, Spread, spread
from zettai_demo.oracle import Check
from zettai_demo.provider import Taken
from zettai_demo.requests import Asked

SHOWN = 5
"""Wrong messages that are named for each check."""

CALM = 1.0
"""Seconds before the faults: a password asked for later than that may meet them on its way."""

DUPLICATE = "400"
"""The provider's code for a tag that it took before."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """How much of the limit was used while more was waiting than could be sent, and nothing was wrong.

    Attributes:
        calls: that arrived.
        seconds: in which they did.
        share: of the limit.
    """

    calls: int
    seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """What became of messages of which it was not known whether they were sent.

    Attributes:
        messages: that the provider took, and for which more than one request came in.
        requests: those that came in beyond the first.
        refused: those that the provider refused, since it had taken the message already.
        sent_twice: messages that were taken more than once.
    """

    messages: int
    requests: int
    refused: int
    sent_twice: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured."""

    seconds: float
    messages: int
    states: Mapping[str, int]
    worst_second: int
    saturation: Saturation | None
    passwords_undisturbed: Spread | None
    passwords: Spread | None
    repeats: Repeats
    answers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """How the play ended."""

    checks: Sequence[Check]
    figures: Figures

    @property
    def ok(self) -> bool:
        """Whether every promise was kept."""
        return all(check.ok for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """The whole summary, ready for JSON."""
        checks = [
            {"promise": one.promise, "ok": one.ok, "examined": one.examined, "wrong": list(one.wrong)}
            for one in self.checks
        ]
        return {"ok": self.ok, "checks": checks, "figures": asdict(self.figures)}

    def print(self, console: Console) -> None:
        """Print it for people."""
        console.print(_verdict(self.checks))
        console.print(_measured(self.figures))
        for check in self.checks:
            for wrong in check.wrong[:SHOWN]:
                console.print(f"  {check.promise}: {wrong}", style="red", markup=False, highlight=False)
        ending = "[bold green]Every promise was kept.[/]" if self.ok else "[bold red]A promise was broken.[/]"
        console.print(f"{ending} [dim]{self.figures.messages:,} messages in {self.figures.seconds:.0f} s.[/]")


def saturation(arrivals: Arrivals, window: tuple[float, float] | None, limit: int) -> Saturation | None:
    """The share of the limit that was used in a window of time, if there was one."""
    if window is None or window[1] - window[0] < 1:
        return None
    calls, seconds = arrivals.between(*window), window[1] - window[0]
    return Saturation(calls, round(seconds, 2), round(calls / seconds / limit, 4))


def password_waits(asked: Mapping[str, Asked], taken: Sequence[Taken], until: float | None = None) -> Spread | None:
    """From `send()` until the provider took it, of the one-time passwords asked for well before an instant."""
    return spread(
        [
            one.taken_at - asked[one.client_tag].at
            for one in taken
            if one.client_tag in asked
            and asked[one.client_tag].lane is Lane.URGENT
            and (until is None or asked[one.client_tag].at < until - CALM)
        ]
    )


def repeats(taken: Sequence[Taken], answers: Mapping[str, int]) -> Repeats:
    """What the retries came to."""
    repeated = [one for one in taken if one.requests > 1]
    times = Counter(one.client_tag for one in taken)
    return Repeats(
        messages=len(repeated),
        requests=sum(one.requests - 1 for one in repeated),
        refused=answers.get(DUPLICATE, 0),
        sent_twice=sum(count > 1 for count in times.values()),
    )


def states(messages: Sequence[Message]) -> dict[str, int]:
    """How many messages ended in which state."""
    return dict(Counter(message.state.value for message in messages).most_common())


def _verdict(checks: Sequence[Check]) -> Table:
    table = Table(box=SIMPLE_HEAD, title="The store against the provider's truth", title_justify="left")
    table.add_column("promise")
    table.add_column("examined", justify="right")
    table.add_column("")
    for check in checks:
        verdict = "[green]ok[/green]" if check.ok else f"[bold red]FAILED[/bold red] {len(check.wrong):,}"
        table.add_row(check.promise, f"{check.examined:,}", verdict)
    return table


def _measured(figures: Figures) -> Table:
    table = Table(box=SIMPLE_HEAD, title="Measured where the provider counts", title_justify="left", show_header=False)
    table.add_column()
    table.add_column()
    table.add_row("worst sliding second", f"{figures.worst_second} calls")
    table.add_row("limit used at saturation, before the faults", _share(figures.saturation))
    table.add_row("one-time passwords until then, send() → taken", _waits(figures.passwords_undisturbed))
    table.add_row("all one-time passwords, faults included", _waits(figures.passwords))
    table.add_row("requests repeated after unclear answers", _repeats(figures.repeats))
    table.add_row("final states", ", ".join(f"{count:,} {state}" for state, count in figures.states.items()))
    table.add_row("answers to sends", ", ".join(f"{count:,} × {label}" for label, count in figures.answers.items()))
    return table


def _share(measured: Saturation | None) -> str:
    if measured is None:
        return "not measured: too few messages to saturate it"
    return f"{measured.share:.1%} ({measured.calls:,} calls in {measured.seconds:.1f} s)"


def _waits(measured: Spread | None) -> str:
    if measured is None:
        return "none"
    return f"p50 {milliseconds(measured.p50)}, p99 {milliseconds(measured.p99)} ({measured.count} messages)"


def _repeats(measured: Repeats) -> str:
    return (
        f"{measured.requests} for {measured.messages} messages; "
        f"{measured.refused} refused as duplicates, {measured.sent_twice} sent twice"
    )
