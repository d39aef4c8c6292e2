"""The command `reconcile`: the comparison that beat starts regularly, for one day or all days."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Annotated

import typer

from zettai.core.accounts import account_label
from zettai_cli.operations.reconcile_parts import parts
from zettai_cli.operations.worker_resources import open_resources
from zettai_cli.shared.commands import Commands
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say
from zettai_cli.shared.listing import Listing
from zettai_cli.shared.options import Account, AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import day as parse_day
from zettai_cli.shared.store import chosen_accounts
from zettai_cli.shared.tables import columns
from zettai_worker.limiter import LimiterError, LimiterUnavailable
from zettai_worker.provider import ProviderError
from zettai_worker.reconciliation import Comparison, Difference
from zettai_worker.reconciliation.comparison_runs import reservation_days, status_days
from zettai_worker.settings import WorkerSettings

LISTED = 200
"""Differences in the table for people. JSON has all."""

ACTIONS = {"cancel again": say("cancel again"), "report": say("report")}
"""What is done about a difference, if not the new state."""

reconcile = typer.Typer(cls=Commands, invoke_without_command=True, add_completion=False)


@reconcile.callback()
def reconcile_days(
    context: typer.Context,
    *,
    day: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM-DD", help="Only this day in Japan. Otherwise all days that beat compares."),
    ] = None,
    account: Account = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change no state. The exit code is 1 if there are differences.")
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Compare the store with the provider, correct the store, and show the differences.

    The command shows messages that the store does not know, but does not change them. With --json it prints one JSON
    document for each difference.
    """
    if context.invoked_subcommand is None:
        return _reconcile(None if day is None else parse_day(day), account, dry_run=dry_run, as_json=as_json)
    if day is not None or account is not None or dry_run or as_json:
        raise typer.BadParameter(say("give the options after {command}", command=context.invoked_subcommand))
    return ExitCode.OK


reconcile.command()(parts)


def _reconcile(only: date | None, account: str | None, *, dry_run: bool, as_json: bool) -> ExitCode:
    """Compare one day, or all days that beat compares."""
    output, counts = Output(as_json=as_json), Counter[str]()
    table = columns("tag", "store", "provider", "action", "difference")
    settings = WorkerSettings.load()
    try:
        for name in chosen_accounts(settings, account):
            for one in _compare(settings.for_account(name), only, dry_run=dry_run):
                counts[one.kind] += 1
                if as_json:
                    output.json_line({"account": account_label(name), **one.to_dict()})
                elif counts.total() <= LISTED:
                    action = ACTIONS.get(one.action, one.action)
                    table.add_row(
                        one.client_tag, one.store or say("(unknown)"), translate(one.provider), action, one.kind
                    )
    except LimiterUnavailable:
        raise
    except (ProviderError, LimiterError) as error:
        raise Failure(
            say("stopped before everything was compared: {error}", error=translate(str(error))), ExitCode.PENDING
        ) from None
    if counts and not as_json:
        output.text(Listing(table))
    output.text(_totals_text(counts, dry_run=dry_run))
    return ExitCode.NO if counts and dry_run else ExitCode.OK


def _compare(settings: WorkerSettings, only: date | None, *, dry_run: bool) -> Iterator[Difference]:
    """Yield the differences of one account, and correct them."""
    with open_resources(settings) as resources:
        comparison = Comparison(resources)
        for batch in _differences(comparison, only):
            if not dry_run:
                comparison.correct(batch)
            yield from batch


def _differences(comparison: Comparison, only: date | None) -> Iterator[list[Difference]]:
    """Yield the differences of one day, or of all days that beat compares: first statuses, then reservations."""
    now, today = comparison.now(), comparison.today()
    for day in status_days(now) if only is None else [only]:
        if day <= today:
            yield from comparison.statuses(day)
    reserved = comparison.reserved_tags_by_day()
    for day in reservation_days(today, reserved) if only is None else [only]:
        if day >= today:
            yield from comparison.reservations(day, reserved.get(day, {}))


def _totals_text(counts: Counter[str], *, dry_run: bool) -> str:
    if not counts:
        return say("no differences")
    each = ", ".join(f"{count:,} {what}" for what, count in counts.most_common())
    hidden = (
        say("; {count:,} are not listed, use --json to list all", count=counts.total() - LISTED)
        if counts.total() > LISTED
        else ""
    )
    done = say("no state was changed") if dry_run else say("the store was corrected where possible")
    return say(
        "{total:,} differences ({each}); {done}{hidden}", total=counts.total(), each=each, done=done, hidden=hidden
    )
