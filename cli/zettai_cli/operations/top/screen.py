"""Draws a snapshot at a terminal."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from zettai.core.events import WEBHOOK_READERS
from zettai_cli.messages.views import state_text, time_text
from zettai_cli.operations.top.snapshot import AccountSnapshot, Snapshot
from zettai_cli.shared.console_words import reason_text
from zettai_cli.shared.language import say
from zettai_cli.shared.listing import Listing
from zettai_cli.shared.refused_login import CHECK_LOGIN, is_login_refused
from zettai_cli.shared.sparkline import spark
from zettai_cli.shared.tables import columns, facts
from zettai_worker.metrics.statistics import Statistics
from zettai_worker.ticks import BeatStatus
from zettai_worker.webhooks.statistics import EndpointStatistics

RATES_SHOWN = 60
"""Number of earlier rates in the chart."""

LATE = timedelta(seconds=5)
"""A tick of beat, or a status check, that is later than this is marked."""

NOTHING = "–"

AGES = {86400: say("{:,.0f} d"), 3600: say("{:,.0f} h"), 60: say("{:,.0f} min")}
"""The forms of an age, by the seconds of their unit."""

MEMORY_SHOWN = 0.8
"""The part of maxmemory from which it is shown. Near 0.9 nothing is accepted any more."""


def screen(snapshot: Snapshot, rates: Sequence[int], problem: str | None = None) -> RenderableType:
    """Return the whole screen.

    Args:
        snapshot: the latest one that could be read.
        rates: calls in the last second, of this snapshot and earlier ones, oldest first.
        problem: why there is no newer snapshot.
    """
    lower = Table.grid(padding=(0, 6))
    lower.add_row(_lanes(snapshot), _states(snapshot))
    parts: list[RenderableType] = [_heading(snapshot, problem), Text(), _rate(snapshot, rates), Text(), lower]
    if stops := list(_stops(snapshot)):
        parts.insert(0, _banner(stops))
    if snapshot.problems:
        parts += [Text(), _problems(snapshot)]
    return Group(*parts)


def age_text(age: timedelta) -> str:
    """Return an age as text, with a precision of about 1 %."""
    total = age.total_seconds()
    for unit, form in AGES.items():
        if total >= 2 * unit:
            return form.format(total / unit)
    return say("{seconds:.1f} s", seconds=total)


def _banner(stops: Sequence[tuple[str, str]]) -> RenderableType:
    """Return what stops, with a line for each reason. None of them is cut."""
    grid, before = facts(), None
    for what, reason in stops:
        grid.add_row(Text("" if what == before else what, style="bold white on red"), Text(reason, style="bold red"))
        before = what
    return grid


def _heading(snapshot: Snapshot, problem: str | None) -> RenderableType:
    grid = facts(cut=True)
    if problem is not None:
        grid.add_row(say("redis"), Text(problem, style="bold red"))
    grid.add_row(say("as of"), time_text(snapshot.figures.at))
    grid.add_row(say("workers"), _workers(snapshot.workers))
    grid.add_row(say("beat"), _beat(snapshot.beat))
    for name, account in snapshot.accounts.items():
        grid.add_row(say("sending") if len(snapshot.accounts) == 1 else name, _sending(account, snapshot))
    memory = snapshot.figures.memory
    if memory is not None and memory.share >= MEMORY_SHOWN:
        grid.add_row(
            say("redis memory"), Text(say("{percent:.0f} % of maxmemory", percent=100 * memory.share), style="bold red")
        )
    if paused := [
        say("{name} in lane {lane}", name=one.name, lane=one.lane) for one in snapshot.figures.producers if one.paused
    ]:
        grid.add_row(say("paused producers"), Text(", ".join(paused), style="bold red"))
    for row in _counts(snapshot):
        grid.add_row(*row)
    return grid


def _counts(snapshot: Snapshot) -> Iterator[tuple[str, RenderableType]]:
    """Yield what was counted, with its name. A line of zeros is left out."""
    figures = snapshot.figures
    if any(figures.refused.values()):
        yield say("refused"), ", ".join(f"{name} {count:,}" for name, count in figures.refused.items() if count)
    if any(snapshot.campaigns.controlled.values()):
        yield say("campaigns"), _campaigns(snapshot)
    if any(snapshot.campaigns.file_rows.values()):
        yield (
            say("rows of files"),
            say(
                "{recorded:,} recorded, {repeated:,} repeated, {suppressed:,} suppressed, {refused:,} refused",
                **snapshot.campaigns.file_rows,
            ),
        )
    if figures.suppressed_numbers:
        yield say("opt-outs"), _opt_outs(figures)
    if figures.replacements_pending or any(figures.replacements.values()):
        yield say("replacements"), _replacements(figures)
    for name, count in snapshot.events.unacknowledged.items():
        if not name.startswith(WEBHOOK_READERS):
            yield say("events {group}", group=name), _reader(snapshot.events.lag.get(name), count)
    for endpoint in snapshot.webhooks:
        yield say("webhook {name}", name=endpoint.name), _webhook(endpoint)


def _stops(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Yield what stops, and why: first all sending, or that of an account; then what needs beat."""
    not_sending = say("NOT SENDING")
    if snapshot.workers == ():
        yield (
            not_sending,
            say("no worker answers: start zettai worker, or check ZETTAI_REDIS_URL and ZETTAI_KEY_PREFIX"),
        )
    for name, account in snapshot.accounts.items():
        obstacles = []
        if account.figures.held is not None:
            obstacle = (
                say("the provider is down")
                if account.figures.provider_down
                else say("suspended, {held}", held=reason_text(account.figures.held))
            )
            if is_login_refused(account.figures.held):
                obstacle += f", {say(CHECK_LOGIN)}"
            obstacles.append(obstacle)
        if account.is_paused:
            obstacles.append(say("paused by an operator"))
        for obstacle in obstacles:
            yield not_sending, obstacle if len(snapshot.accounts) == 1 else f"{name}: {obstacle}"
    if not snapshot.beat.alive:
        yield (
            say("PARTLY STOPPED"),
            say("no beat is running: new messages are sent; retries, reservations and status checks wait"),
        )


def _workers(workers: tuple[str, ...] | None) -> Text:
    if workers is None:
        return Text(say("not known yet"), style="dim")
    if not workers:
        return Text(say("no worker answers"), style="bold red")
    return Text(say("{count} answer: {names}", count=len(workers), names=", ".join(workers)))


def _beat(beat: BeatStatus) -> Text:
    if not beat.alive:
        return Text(say("no beat is running"), style="bold red")
    if beat.lag is None:
        return Text(say("not started yet"), style="yellow")
    if beat.lag > LATE:
        # A running beat publishes the next tick as soon as a worker has taken the last one.
        return Text(
            say("runs; its last tick has waited for a worker for {age}", age=age_text(beat.lag)), style="yellow"
        )
    return Text(say("runs"))


def _sending(account: AccountSnapshot, snapshot: Snapshot) -> Text:
    """Return whether the messages of an account are sent, or why not."""
    figures, limit = account.figures, account.limit
    if figures.held is not None:
        what = say("the provider is down") if figures.provider_down else say("suspended")
        return Text(f"{what}: {reason_text(figures.held)}", style="bold red")
    if figures.held_senders:
        held = ", ".join(f"{sender} ({reason_text(reason)})" for sender, reason in figures.held_senders.items())
        return Text(say("suspended senders: {held}", held=held), style="bold red")
    if account.is_paused:
        end = (
            say("until {time}", time=time_text(limit.paused_until))
            if limit.paused_until
            else say("until you run zettai limiter resume")
        )
        return Text(say("paused {end}", end=end), style="yellow")
    if snapshot.workers == ():
        return Text(say("waits for workers"), style="yellow")
    if not snapshot.beat.alive:
        return Text(say("new messages only"), style="yellow")
    return Text(say("open"), style="green")


def _campaigns(snapshot: Snapshot) -> Text:
    """Return how many campaigns are controlled, and how. `zettai campaign list` shows which ones."""
    found = snapshot.campaigns.controlled
    words = say(
        "{paused:,} paused, {pace:,} with a pace, {window:,} with a window",
        paused=found["paused"],
        pace=found["pace"],
        window=found["window"],
    )
    expiring = sum(snapshot.campaigns.expiring.values())
    if expiring:
        words += say("; messages expire in {expiring:,}", expiring=expiring)
    return Text(words, style="yellow" if found["paused"] or expiring else "")


def _opt_outs(figures: Statistics) -> str:
    canceled = ", ".join(
        say("{count:,} when {stage}", count=count, stage=stage) for stage, count in figures.suppressed.items()
    )
    return say(
        "{numbers:,} numbers; messages canceled: {canceled}",
        numbers=figures.suppressed_numbers,
        canceled=canceled,
    )


def _replacements(figures: Statistics) -> str:
    return say(
        "{replaced:,} replaced, {too_late:,} too late, {dropped:,} canceled or superseded, {pending:,} pending",
        replaced=figures.replacements["replaced"],
        too_late=figures.replacements["too_late"],
        dropped=figures.replacements["canceled"] + figures.replacements["superseded"],
        pending=figures.replacements_pending,
    )


def _reader(lag: int | None, unacknowledged: int) -> str:
    """Return how far an application has read the events. Redis does not always know what it has not read."""
    not_read = say("unknown") if lag is None else f"{lag:,}"
    return say("{not_read} not read, {count:,} read and not acknowledged", not_read=not_read, count=unacknowledged)


def _webhook(endpoint: EndpointStatistics) -> Text:
    """Return how far an endpoint is, or why it gets nothing."""
    counts = say(
        "{delivered:,} delivered, {waiting:,} wait for another attempt",
        delivered=endpoint.delivered,
        waiting=endpoint.waiting,
    )
    if endpoint.given_up:
        counts += say(", {given_up:,} given up", given_up=endpoint.given_up)
    if not endpoint.active:
        return Text(say("no process delivers; {counts}", counts=counts), style="bold red")
    if endpoint.paused_since is not None:
        return Text(
            say("paused since {time}; {counts}", time=time_text(endpoint.paused_since), counts=counts), style="bold red"
        )
    return Text(counts, style="yellow" if endpoint.waiting else "")


def _rate(snapshot: Snapshot, rates: Sequence[int]) -> RenderableType:
    top = max(sum(one.limit.rate for one in snapshot.accounts.values()), 1.0)
    grid = facts()
    shown = list(rates)[-RATES_SHOWN:]
    grid.add_row(say("calls"), Text(spark(shown, round(top)).rjust(RATES_SHOWN), style="cyan"))
    for name, account in snapshot.accounts.items():
        limit = account.limit
        most = max(limit.rate, 1.0)
        share = min(limit.booked, most)
        lowered = "" if limit.override is None else say(", lowered with zettai limiter set")
        grid.add_row(
            say("limit") if len(snapshot.accounts) == 1 else name, Bar(most, 0, share, width=RATES_SHOWN, color="cyan")
        )
        use = say(
            "{booked:,} of {rate:,.0f} per second, {percent:.0f} %",
            booked=limit.booked,
            rate=limit.rate,
            percent=100 * share / most,
        )
        grid.add_row("", say("{use}; the setting is {limit}{lowered}", use=use, limit=limit.limit, lowered=lowered))
    return grid


def _lanes(snapshot: Snapshot) -> RenderableType:
    figures = snapshot.figures
    table = columns("lane", "tasks queued", numbers={"tasks queued"})
    for lane, count in figures.queued_tasks.items():
        table.add_row(lane, f"{count:,}")
    table.add_section()
    table.add_row(say("due to send"), f"{figures.due_to_send:,}")
    table.add_row(say("reservations that wait here"), f"{figures.far_reservations:,}")
    table.add_row(say("due for a status check"), f"{figures.due_to_check:,}")
    table.add_row(
        say("status checks late by"),
        Text(age_text(figures.check_lag), style="yellow" if figures.check_lag > LATE else ""),
    )
    return table


def _states(snapshot: Snapshot) -> RenderableType:
    figures = snapshot.figures
    table = columns("state", "messages", "oldest", numbers={"messages", "oldest"})
    for state, count in figures.states.items():
        age = figures.oldest.get(state)
        if count:
            table.add_row(state_text(state), f"{count:,}", NOTHING if age is None else age_text(age))
    if not any(figures.states.values()):
        table.add_row(say("none yet"), "", "")
    return table


def _problems(snapshot: Snapshot) -> RenderableType:
    table = columns("latest problems", "tag", "lane", "state", "attempts", "reason")
    for one in snapshot.problems:
        attempts, reason = str(one.attempts), reason_text(one.reason)
        table.add_row(f"{one.at:%H:%M:%S}", one.client_tag, one.lane, state_text(one.state), attempts, reason)
    return Listing(table)
