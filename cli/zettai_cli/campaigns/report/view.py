"""A report as text for a terminal, and as rows for CSV."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from zettai.campaign_report.percentiles import Percentiles
from zettai.campaign_report.statistics import Cost, Outcome, Report
from zettai.core.carriers import UNKNOWN_CARRIER
from zettai_cli.messages.views import state_text, time_text
from zettai_cli.shared.console_words import outcome_text, reason_text
from zettai_cli.shared.language import say
from zettai_cli.shared.tables import columns, facts

LISTED = 20
"""Causes that are listed for people. JSON has all."""

STYLES = {Outcome.DELIVERED: "green", Outcome.UNDELIVERED: "red", Outcome.REFUSED: "red", Outcome.EXPIRED: "red"}

Row = tuple[str, str, object]
"""The name, the item that it belongs to, and the value."""


def report_view(report: Report) -> RenderableType:
    """Return the whole report."""
    parts: list[RenderableType] = [_facts(report), Text(), _outcomes(report)]
    if report.causes:
        parts += [Text(), _causes(report)]
    return Group(*parts, Text(), _carriers(report))


def duration_text(seconds: float) -> str:
    """Return a duration as text."""
    if seconds < 60:  # noqa: PLR2004 - a minute
        return say("{seconds:.1f} s", seconds=seconds)
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        say("{hours} h {minutes:02} min", hours=hours, minutes=minutes)
        if hours
        else say("{minutes} min {rest:02} s", minutes=minutes, rest=rest)
    )


def carrier_text(name: str) -> str:
    """Return the name of a carrier, or that it is not known."""
    return say("unknown") if name == UNKNOWN_CARRIER else name


def delay_text(delay: Percentiles | None) -> str:
    """Return how long deliveries took as text."""
    return f"p50 {duration_text(delay.p50)}, p95 {duration_text(delay.p95)}" if delay else "–"


def cost_texts(cost: Cost) -> Iterator[str]:
    """Yield lines about billed parts, and about those that may be billed."""
    yield say(
        "{billed:,} parts billed, as reported by the provider for {of:,} messages", billed=cost.billed, of=cost.of
    )
    if cost.expected_of:
        yield say(
            "about {expected:,} more, estimated, if {expected_of:,} open messages are delivered",
            expected=cost.expected,
            expected_of=cost.expected_of,
        )
    if cost.unknown:
        yield say("unknown for {unknown:,} messages", unknown=cost.unknown)


def percentage(count: int, of: int) -> str:
    """Return a share in percent. Rounding never makes it 0 % or 100 %."""
    if not of:
        return "–"
    if 0 < count < of:
        return f"{min(max(100 * count / of, 0.1), 99.9):.1f} %"
    return f"{100 * count // of} %"


def rows(report: Report) -> Iterator[Row]:
    """Yield all values as rows."""
    yield "messages", "", report.messages
    yield "sent", "", report.sent
    yield from (("outcome", outcome, count) for outcome, count in report.outcomes.items())
    yield from (("state", state, count) for state, count in report.states.items())
    yield from (("cause", f"{cause.state}: {cause.reason}", cause.messages) for cause in report.causes)
    yield from (("cost", name, value) for name, value in report.cost.to_dict().items())
    yield from _delay_rows("delay_seconds", report.delay)
    for name, carrier in report.carriers.items():
        for statistic in ("messages", "sent", "delivered", "undelivered"):
            yield f"carrier {statistic}", name, getattr(carrier, statistic)
        yield from _delay_rows(f"carrier delay_seconds {name}", carrier.delay)


def _delay_rows(row_name: str, delay: Percentiles | None) -> Iterator[Row]:
    if delay is not None:
        yield from ((row_name, name, value) for name, value in delay.to_dict().items())


def _facts(report: Report) -> Table:
    table = facts()
    table.add_row(say("group"), report.group)
    table.add_row(say("as of"), time_text(report.at))
    if report.created:
        first, last = map(time_text, report.created)
        table.add_row(say("created"), first if first == last else say("{first} to {last}", first=first, last=last))
    table.add_row(say("messages"), f"{report.messages:,}")
    table.add_row(say("sent"), f"{report.sent:,}")
    table.add_row(say("cost"), "\n".join(cost_texts(report.cost)))
    table.add_row(say("accepted → delivered"), delay_text(report.delay))
    return table


def _outcomes(report: Report) -> Table:
    table = columns("outcome", "messages", "share", numbers={"messages", "share"})
    for outcome, count in report.outcomes.items():
        style = STYLES.get(outcome, "") if count else "dim"
        table.add_row(Text(outcome_text(outcome), style=style), f"{count:,}", percentage(count, report.messages))
    return table


def _causes(report: Report) -> Table:
    table = columns("final state", "cause", "messages", numbers={"messages"})
    for cause in report.causes[:LISTED]:
        table.add_row(state_text(cause.state), reason_text(cause.reason), f"{cause.messages:,}")
    if len(report.causes) > LISTED:
        rest = sum(cause.messages for cause in report.causes[LISTED:])
        table.add_row("…", say("{count} more causes", count=len(report.causes) - LISTED), f"{rest:,}")
    return table


def _carriers(report: Report) -> Table:
    numbers = {"messages", "sent", "delivered", "undelivered", "p50", "p95"}
    table = columns("carrier", "messages", "sent", "delivered", "undelivered", "p50", "p95", numbers=numbers)
    for name, carrier in report.carriers.items():
        delay = carrier.delay
        table.add_row(
            carrier_text(name),
            f"{carrier.messages:,}",
            f"{carrier.sent:,}",
            f"{carrier.delivered:,}",
            f"{carrier.undelivered:,}",
            duration_text(delay.p50) if delay else "–",
            duration_text(delay.p95) if delay else "–",
        )
    return table
