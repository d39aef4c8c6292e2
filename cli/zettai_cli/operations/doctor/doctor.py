"""The command `doctor`."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

import typer

from zettai.core.accounts import DEFAULT_ACCOUNT
from zettai.core.errors import SettingsError
from zettai.core.phone_numbers import mask, normalize
from zettai.core.settings import Settings
from zettai_cli.operations.doctor import inspection
from zettai_cli.operations.doctor.keys import keys
from zettai_cli.operations.doctor.report import Report
from zettai_cli.operations.doctor.results import Check, Result, for_development
from zettai_cli.operations.doctor.variables import check_settings
from zettai_cli.operations.doctor.webhooks import webhooks
from zettai_cli.shared.confirm import confirm
from zettai_cli.shared.docs import docs_folder
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import chosen_accounts
from zettai_worker.settings import LimiterSettings


def doctor(
    *,
    call: Annotated[bool, typer.Option("--call", help="Also call the provider, without sending a message.")] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Also send one message and cancel one reservation. It costs one SMS.")
    ] = False,
    to: Annotated[
        str | None, typer.Option("--to", metavar="NUMBER", help="The phone number for --live, for example your own.")
    ] = None,
    account: Annotated[
        str, typer.Option("--account", help="The account for --live, one of ZETTAI_ACCOUNTS_FILE or default.")
    ] = DEFAULT_ACCOUNT,
    status_within: Annotated[
        float, typer.Option("--status-within", metavar="SECONDS", help="How long --live waits for the status.")
    ] = 60.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation of --live.")] = False,
    dev: Annotated[
        bool, typer.Option("--dev", help="For development: a Redis that may lose messages is only a warning.")
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Check settings, Redis, the provider and the workers. Shows no secrets, and changes nothing without --live."""
    if to is not None and not live:
        raise Failure(say("--to is for --live"), ExitCode.USAGE)
    number = _confirmed_number(to, yes=yes) if live else None
    report = list(examine(call=call))
    if dev:
        report = [for_development(check) for check in report]
    if number is not None and (settings := check_settings()[0]) is not None:
        [chosen] = chosen_accounts(settings, account)
        report += inspection.live(settings.for_account(chosen), number, status_within=status_within)
    failures = sum(check.result is Result.FAILED for check in report)
    data = {"failed": failures, "checks": [check.to_dict() for check in report]}
    output = Output(as_json=as_json)
    output.show(data, Report(report), crop=False)
    if any("docs/" in check.advice for check in report):
        output.text(say("The pages of docs/ are in {folder}.", folder=docs_folder()))
    return ExitCode.NO if failures else ExitCode.OK


def examine(*, call: bool) -> Iterator[Check]:
    """Yield the results of all checks that are possible. For example, without Redis the queues are not checked."""
    worker, problems = check_settings()
    yield from problems
    common = worker or _common_settings()
    if common is not None:
        found = list(inspection.redis(common))
        yield from found
        if found[0].result is Result.OK:
            yield from inspection.queues(common)
            yield from keys(common)
            yield from webhooks(common)
            if worker is not None:
                yield inspection.visibility(worker)
            yield from inspection.workers(common)
    if worker is not None:
        yield from inspection.provider(worker, is_called=call)
        if call:
            yield from inspection.call(worker)


def _confirmed_number(to: str | None, *, yes: bool) -> str:
    """Return the phone number of a live test.

    Raises:
        Failure: there is none, or it is not valid.
        Abort: the user does not want it.
    """
    try:
        number = normalize(to or "")
    except ValueError as error:
        raise Failure(f"--to {error}", ExitCode.USAGE) from None
    if not yes:
        cost = say("It costs one SMS, and one more each if the provider accepts a repeated tag or refuses a cancel.")
        question = say("Send one SMS to {number}? {cost}", number=mask(number), cost=cost)
        confirm(question)
    return number


def _common_settings() -> Settings | None:
    """Return what is right if a setting of a worker is wrong: with those of the rate limit, or without them."""
    for kind in (LimiterSettings, Settings):
        with suppress(SettingsError):
            return kind.load()
    return None
