"""The command `reconcile parts`: the monthly comparison of billed parts that beat starts each day."""

from typing import Annotated

import typer

from zettai.core.accounts import account_label
from zettai.core.months import Month
from zettai_cli.operations.worker_resources import open_resources
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say
from zettai_cli.shared.options import Account, AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import month as parse_month
from zettai_cli.shared.store import chosen_accounts
from zettai_cli.shared.tables import columns
from zettai_worker.limiter import LimiterError, LimiterUnavailable
from zettai_worker.provider import ProviderError
from zettai_worker.reconciliation.parts_comparison import PartsComparison
from zettai_worker.reconciliation.parts_rules import CarrierParts, PartsOfMonth
from zettai_worker.settings import WorkerSettings


def parts(
    *,
    month: Annotated[
        str | None,
        typer.Option(metavar="YYYY-MM", help="The month in Japan. Otherwise the latest one that ended 4 days ago."),
    ] = None,
    account: Account = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Compare the billed parts of a month with the provider, by carrier.

    Our numbers are a range: the provider may count a message that was sent at the end of a month in either month. The
    exit code is 1 if a number of the provider is outside of it. For a month that is not complete it is 0. With
    --json it prints one JSON document for each carrier.
    """
    only = None if month is None else parse_month(month)
    output = Output(as_json=as_json)
    table = columns("account", "carrier", "ours", "provider", "difference")
    settings = WorkerSettings.load()
    conclusions, differs = [], False
    for name in chosen_accounts(settings, account):
        compared, label = _compare(settings.for_account(name), only), account_label(name)
        differs = differs or compared.differs
        conclusions.append(f"{label}: {_conclusion(compared)}")
        for one in compared.to_dicts() if as_json else ():
            output.json_line({"account": label, **one})
        for carrier in compared.carriers:
            table.add_row(label, carrier.carrier, _range(carrier), f"{carrier.provider:,}", f"{carrier.difference:+,}")
    if not as_json:
        output.text(table)
    for conclusion in conclusions:
        output.text(conclusion)
    return ExitCode.NO if differs else ExitCode.OK


def _compare(settings: WorkerSettings, month: Month | None) -> PartsOfMonth:
    with open_resources(settings) as resources:
        comparison = PartsComparison(resources)
        try:
            return comparison.compare(month or comparison.latest_month())
        except LimiterUnavailable:
            raise
        except (ProviderError, LimiterError) as error:
            raise Failure(
                say("the provider could not be asked: {error}", error=translate(str(error))), ExitCode.PENDING
            ) from None


def _range(one: CarrierParts) -> str:
    return f"{one.least:,}" if one.least == one.most else say("{least:,} to {most:,}", least=one.least, most=one.most)


def _conclusion(compared: PartsOfMonth) -> str:
    if compared.inconclusive is not None:
        return say(
            "{month}: this proves nothing, because {inconclusive}",
            month=compared.month,
            inconclusive=translate(compared.inconclusive),
        )
    return f"{compared.month}: " + (
        say("the provider has other numbers") if compared.differs else say("no differences")
    )
