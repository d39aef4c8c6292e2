"""A report for people at a terminal, and line by line for CSV. What the figures mean stands in `figures.py`."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from zettai_cli.campaigns.report.figures import Cost, Outcome, Report
from zettai_cli.messages.views import state_text, time_text
from zettai_cli.shared.percentiles import Spread

SHOWN = 20
"""Causes that are listed to people; JSON has them all."""

STYLES = {Outcome.DELIVERED: "green", Outcome.UNDELIVERED: "red", Outcome.REFUSED: "red", Outcome.EXPIRED: "red"}

Row = tuple[str, str, object]
"""The figure, of what, and its value."""


def report_view(report: Report) -> RenderableType:
    """The whole report."""
    parts: list[RenderableType] = [_facts(report), Text(), _outcomes(report)]
    if report.causes:
        parts += [Text(), _causes(report)]
    return Group(*parts, Text(), _carriers(report))


def duration_text(seconds: float) -> str:
    """A duration as people read it."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def delay_text(delay: Spread | None) -> str:
    """How long deliveries took."""
    return f"p50 {duration_text(delay.p50)}, p95 {duration_text(delay.p95)}" if delay else "–"


def cost_texts(cost: Cost) -> Iterator[str]:
    """What is billed, and apart from it what may be."""
    yield f"{cost.billed:,} parts billed, told by the provider for {cost.of:,} messages"
    if cost.expected_of:
        yield f"about {cost.expected:,} more, estimated, if {cost.expected_of:,} open messages are delivered"
    if cost.unknown:
        yield f"not known for {cost.unknown:,} messages"


def percentage(count: int, of: int) -> str:
    """A share, told so that neither 0 % nor 100 % is claimed by rounding."""
    if not of:
        return "–"
    if 0 < count < of:
        return f"{min(max(100 * count / of, 0.1), 99.9):.1f} %"
    return f"{100 * count // of} %"


def rows(report: Report) -> Iterator[Row]:
    """The figures line by line."""
    yield "messages", "", report.messages
    yield "sent", "", report.sent
    yield from (("outcome", outcome, count) for outcome, count in report.outcomes.items())
    yield from (("state", state, count) for state, count in report.states.items())
    yield from (("cause", f"{cause.state}: {cause.reason}", cause.messages) for cause in report.causes)
    yield from (("cost", name, value) for name, value in report.cost.to_dict().items())
    yield from _delay_rows("delay_seconds", report.delay)
    for name, sums in report.carriers.items():
        for figure in ("messages", "sent", "delivered", "undelivered"):
            yield f"carrier {figure}", name, getattr(sums, figure)
        yield from _delay_rows(f"carrier delay_seconds {name}", sums.delay)


def _delay_rows(figure: str, delay: Spread | None) -> Iterator[Row]:
    if delay is not None:
        yield from ((figure, name, value) for name, value in delay.to_dict().items())


def _facts(report: Report) -> Table:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(overflow="fold")
    facts.add_row("group", report.group)
    facts.add_row("as of", time_text(report.at))
    if report.created:
        first, last = map(time_text, report.created)
        facts.add_row("created", first if first == last else f"{first} to {last}")
    facts.add_row("messages", f"{report.messages:,}")
    facts.add_row("sent", f"{report.sent:,}")
    facts.add_row("cost", "\n".join(cost_texts(report.cost)))
    facts.add_row("accepted → delivered", delay_text(report.delay))
    return facts


def _outcomes(report: Report) -> Table:
    table = _table("outcome", "messages", "share")
    for outcome, count in report.outcomes.items():
        style = STYLES.get(outcome, "") if count else "dim"
        table.add_row(Text(outcome, style=style), f"{count:,}", percentage(count, report.messages))
    return table


def _causes(report: Report) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("ended", overflow="fold")
    table.add_column("cause", overflow="fold")
    table.add_column("messages", justify="right")
    for cause in report.causes[:SHOWN]:
        table.add_row(state_text(cause.state), cause.reason, f"{cause.messages:,}")
    if len(report.causes) > SHOWN:
        rest = sum(cause.messages for cause in report.causes[SHOWN:])
        table.add_row("…", f"{len(report.causes) - SHOWN} more causes", f"{rest:,}")
    return table


def _carriers(report: Report) -> Table:
    table = _table("carrier", "messages", "sent", "delivered", "undelivered", "p50", "p95")
    for name, sums in report.carriers.items():
        delay = sums.delay
        table.add_row(
            name,
            f"{sums.messages:,}",
            f"{sums.sent:,}",
            f"{sums.delivered:,}",
            f"{sums.undelivered:,}",
            duration_text(delay.p50) if delay else "–",
            duration_text(delay.p95) if delay else "–",
        )
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column(first, overflow="fold")
    for name in others:
        table.add_column(name, justify="right")
    return table
