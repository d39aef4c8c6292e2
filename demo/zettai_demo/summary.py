"""The summary: the checks of the oracle, and measurements that are shown but not checked. As a table or as JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from zettai import Lane, Message
from zettai_demo.evidence import Evidence, ProviderRecord
from zettai_demo.measurements import Arrivals, Percentiles, milliseconds, percentiles
from zettai_demo.oracle.check import Check
from zettai_demo.progress import Say

SHOWN = 5
"""Differences that are printed for each check."""

MARGIN = 1.0
"""Seconds: a password requested later than this before the faults may already be affected by them."""

DUPLICATE = "400"
"""The provider's code for a client tag that it has accepted before."""


@dataclass(frozen=True, slots=True)
class Saturation:
    """How much of the limit was used while more messages waited than could be sent, without faults.

    Attributes:
        calls: that arrived.
        seconds: in which they arrived.
        share: of the limit.
    """

    calls: int
    seconds: float
    share: float


@dataclass(frozen=True, slots=True)
class Repeats:
    """Repeated requests for messages whose outcome was unknown.

    Attributes:
        messages: that the provider accepted, and got more than one request for.
        requests: beyond the first.
        refused: that the provider refused, because it had accepted the message already.
        sent_twice: messages that were accepted more than once.
    """

    messages: int
    requests: int
    refused: int
    sent_twice: int


@dataclass(frozen=True, slots=True)
class Measurements:
    """What was measured."""

    seconds: float
    messages: int
    states: Mapping[str, int]
    worst_second: int
    saturation: Saturation | None
    passwords_undisturbed: Percentiles | None
    passwords: Percentiles | None
    repeats: Repeats
    answers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of the demo."""

    checks: Sequence[Check]
    measurements: Measurements

    @property
    def ok(self) -> bool:
        """Whether all checks passed."""
        return all(check.ok for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Return the whole summary, ready for JSON."""
        checks = [
            {"promise": check.promise, "ok": check.ok, "examined": check.examined, "wrong": list(check.wrong)}
            for check in self.checks
        ]
        return {"ok": self.ok, "checks": checks, "measurements": asdict(self.measurements)}

    def print(self, console: Console, say: Say = str) -> None:
        """Print the summary as tables. The differences are for developers, and are not translated."""
        console.print(_checks_table(self.checks, say))
        console.print(_measurements_table(self.measurements, say))
        for check in self.checks:
            for wrong in check.wrong[:SHOWN]:
                console.print(f"  {say(check.promise)}: {wrong}", style="red", markup=False, highlight=False)
        failed = sum(not check.ok for check in self.checks)
        color, result = ("green", "All checks passed.") if self.ok else ("red", f"{failed} checks failed.")
        measured = say(f"{self.measurements.messages:,} messages in {self.measurements.seconds:.0f} s.")
        console.print(f"[bold {color}]{say(result)}[/] [dim]{measured}[/]")


def saturation(arrivals: Arrivals, window: tuple[float, float] | None, limit: int) -> Saturation | None:
    """Return the share of the limit that was used in a window of time, or None if there was none."""
    if window is None or window[1] - window[0] < 1:
        return None
    calls, seconds = arrivals.between(*window), window[1] - window[0]
    return Saturation(calls, round(seconds, 2), round(calls / seconds / limit, 4))


def password_waits(evidence: Evidence, until: float | None = None) -> Percentiles | None:
    """Return how long one-time passwords took from `send()` until the provider accepted them.

    Args:
        evidence: with the requests and the provider's records.
        until: leave out the passwords that were not requested well before this time (seconds since the epoch).
    """
    waits = []
    for record in evidence.records:
        request = evidence.requests.get(record.client_tag)
        if request is None or request.lane is not Lane.URGENT:
            continue
        if until is None or request.requested_at < until - MARGIN:
            waits.append(record.accepted_at - request.requested_at)
    return percentiles(waits)


def repeats(records: Sequence[ProviderRecord], answers: Mapping[str, int]) -> Repeats:
    """Count the repeated requests."""
    repeated = [record for record in records if record.requests > 1]
    times = Counter(record.client_tag for record in records)
    return Repeats(
        messages=len(repeated),
        requests=sum(record.requests - 1 for record in repeated),
        refused=answers.get(DUPLICATE, 0),
        sent_twice=sum(count > 1 for count in times.values()),
    )


def count_states(messages: Sequence[Message]) -> dict[str, int]:
    """Return the number of messages in each state."""
    return dict(Counter(message.state.value for message in messages).most_common())


def _checks_table(checks: Sequence[Check], say: Say) -> Table:
    title = say("Checks: the store against what the provider did")
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left")
    table.add_column(say("check"))
    table.add_column(say("examined"), justify="right")
    table.add_column(say("result"))
    for check in checks:
        failed = f"[bold red]{say('FAILED')}[/bold red] {len(check.wrong):,}"
        table.add_row(say(check.promise), f"{check.examined:,}", f"[green]{say('ok')}[/green]" if check.ok else failed)
    return table


def _measurements_table(measured: Measurements, say: Say) -> Table:
    title = say("Measurements, taken where calls arrive at the provider")
    table = Table(box=SIMPLE_HEAD, title=title, title_justify="left", show_header=False)
    table.add_column()
    table.add_column()
    rows = {
        "most calls in any sliding second": f"{measured.worst_second}",
        "limit used at full load, before the faults": say(_share(measured.saturation)),
        "one-time passwords before the faults, send() → accepted": say(_waits(measured.passwords_undisturbed)),
        "all one-time passwords, send() → accepted": say(_waits(measured.passwords)),
        "requests repeated after unclear answers": say(_repeats(measured.repeats)),
        "final states": ", ".join(f"{count:,} {state}" for state, count in measured.states.items()),
        "answers to sends": _answers(measured.answers, say),
    }
    for name, value in rows.items():
        table.add_row(say(name), value)
    return table


def _answers(answers: Mapping[str, int], say: Say) -> str:
    labels = {label: say(f"code {label}" if label.isdigit() else label.replace("_", " ")) for label in answers}
    return ", ".join(f"{count:,} × {labels[label]}" for label, count in answers.items())


def _share(measured: Saturation | None) -> str:
    if measured is None:
        return "not measured: too few messages to reach it"
    return f"{measured.share:.1%} ({measured.calls:,} calls in {measured.seconds:.1f} s)"


def _waits(measured: Percentiles | None) -> str:
    if measured is None:
        return "none"
    return f"p50 {milliseconds(measured.p50)}, p99 {milliseconds(measured.p99)} ({measured.count} messages)"


def _repeats(measured: Repeats) -> str:
    return (
        f"{measured.requests} for {measured.messages} messages; "
        f"{measured.refused} refused as duplicates, {measured.sent_twice} sent twice"
    )
