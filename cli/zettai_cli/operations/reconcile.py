"""The command `reconcile`: the comparison with the provider that beat makes, by hand and for any day."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from typing import Annotated

import typer
from rich.table import Table

from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson, Output
from zettai_worker.limiter import LimiterError, LimiterUnavailable
from zettai_worker.provider import ProviderError
from zettai_worker.reconciliation import Comparison, Difference
from zettai_worker.reconciliation.rounds import days_ahead, days_behind
from zettai_worker.runtime import build_limiter, build_provider
from zettai_worker.settings import WorkerSettings

SHOWN = 200
"""Differences that are listed to people; JSON has them all."""


def reconcile(
    *,
    day: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="Only this day (in Japan); all that beat compares where left out."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show it; exit code 1 if anything differs.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Compare the store with the provider, put right what can be, and show what differs; JSON is one line each.

    What the store does not know is only shown, and never touched.
    """
    only = None if day is None else _day(day)
    output, counts, table = Output(as_json=as_json), Counter[str](), _table()
    with _opened() as comparison:
        try:
            for batch in _differences(comparison, only):
                if not dry_run:
                    comparison.apply_updates(batch)
                for one in batch:
                    counts[one.what] += 1
                    if as_json:
                        output.line(one.to_dict())
                    elif counts.total() <= SHOWN:
                        table.add_row(one.client_tag, one.store or "(unknown)", one.provider, one.action, one.what)
        except LimiterUnavailable:
            raise
        except (ProviderError, LimiterError) as error:
            raise Failure(f"stopped, and not everything was compared: {error}", ExitCode.PENDING) from None
    if counts and not as_json:
        output.text(table)
    output.text(_sums(counts, dry_run=dry_run))
    return ExitCode.NO if counts and dry_run else ExitCode.OK


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; write it as 2026-08-01") from None


def _differences(comparison: Comparison, only: date | None) -> Iterator[list[Difference]]:
    """What differs on one day, or on all days that beat compares: statuses first, then reservations."""
    now, today = comparison.now(), comparison.today()
    for day in days_behind(now) if only is None else [only]:
        if day <= today:
            yield from comparison.statuses(day)
    reserved = comparison.reserved_by_day()
    for day in days_ahead(today, reserved) if only is None else [only]:
        if day >= today:
            yield from comparison.reservations(day, reserved.get(day, []))


@contextmanager
def _opened() -> Iterator[Comparison]:
    settings = WorkerSettings.load()
    with (
        connect(settings.redis_url) as redis,
        closing(build_limiter(settings)) as limiter,
        closing(build_provider(settings, limiter)) as provider,
    ):
        yield Comparison(WorkerStore(redis, Keys(settings.key_prefix)), provider, limiter, settings)


def _table() -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("tag", "store", "provider", "action", "what"):
        table.add_column(name, overflow="fold")
    return table


def _sums(counts: Counter[str], *, dry_run: bool) -> str:
    if not counts:
        return "nothing differs"
    each = ", ".join(f"{count:,} {what}" for what, count in counts.most_common())
    hidden = f"; {counts.total() - SHOWN:,} are not listed, --json prints them all" if counts.total() > SHOWN else ""
    done = "nothing was changed" if dry_run else "what can be put right was"
    return f"{counts.total():,} differ ({each}); {done}{hidden}"
