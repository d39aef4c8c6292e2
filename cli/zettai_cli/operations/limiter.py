"""The commands `limiter show`, `limiter set`, `limiter pause` and `limiter resume`."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from typing import Annotated, Any, TypeAlias

import typer
from rich.table import Table

from zettai.core.accounts import account_label
from zettai.core.store import WorkerStore
from zettai.core.store.audit import AuditAction
from zettai.core.store.suspension import Suspension
from zettai_cli.messages.views import time_text
from zettai_cli.shared.audit import audit
from zettai_cli.shared.commands import Commands
from zettai_cli.shared.console_words import reason_text
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import Account, AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import duration
from zettai_cli.shared.store import open_stores
from zettai_cli.shared.tables import facts
from zettai_worker.limiter import Limiter, LimiterState
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings

Limits: TypeAlias = Mapping[str | None, tuple[Limiter, WorkerStore]]
"""The limiters and the stores of accounts."""

limiter = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Show or change the rate limit that all workers on all hosts share."
)


@limiter.command()
def show(*, account: Account = None, as_json: AsJson = False) -> ExitCode:
    """Show the rate limit and its use. With --json the command prints one JSON document for each account."""
    with _open(account) as limits:
        _show_states(limits, as_json=as_json)
    return ExitCode.OK


@limiter.command("set")
def set_rate(
    rate: Annotated[
        str | None,
        typer.Argument(metavar="[RATE]", help="A rate such as 300/second. It cannot exceed ZETTAI_RATE_LIMIT."),
    ] = None,
    *,
    default: Annotated[bool, typer.Option("--default", help="Use ZETTAI_RATE_LIMIT again.")] = False,
    account: Account = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Lower the rate limit for all workers, until you set another one."""
    if (rate is None) is not default:
        raise typer.BadParameter(say("give either a rate such as 300/second, or --default"))
    with _open(account) as limits:
        if rate is not None and len(limits) > 1:
            raise typer.BadParameter(say("give --account: each account has a limit of its own"))
        if rate is not None:
            _check(rate, limits)
        audit(AuditAction.SET_RATE, rate=rate or "default", account=account)
        for limit, _ in limits.values():
            limit.set_rate(rate)
        _show_states(limits, as_json=as_json)
    return ExitCode.OK


@limiter.command()
def pause(
    seconds: Annotated[
        timedelta | None,
        typer.Argument(parser=duration, metavar="[SECONDS]", help="Resume after this time. Otherwise run resume."),
    ] = None,
    *,
    account: Account = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Pause all calls to the provider. Messages wait; none is lost."""
    with _open(account) as limits:
        for_seconds = None if seconds is None else f"{seconds.total_seconds():g}"
        audit(AuditAction.PAUSE, seconds=for_seconds, account=account)
        for limit, _ in limits.values():
            limit.pause(seconds)
        _show_states(limits, as_json=as_json)
    return ExitCode.OK


@limiter.command()
def resume(*, account: Account = None, as_json: AsJson = False) -> ExitCode:
    """Resume all calls to the provider after a pause, or after the account or a sender code was suspended."""
    with _open(account) as limits:
        audit(AuditAction.RESUME, account=account)
        for limit, store in limits.values():
            limit.resume()
            store.resume()
        _show_states(limits, as_json=as_json)
    return ExitCode.OK


def to_dict(state: LimiterState) -> dict[str, Any]:
    """Return the state of the rate limit for JSON."""
    return {
        "limit": state.limit,
        "rate": round(state.rate, 1),
        "override": None if state.override is None else round(state.override, 1),
        "paused": state.paused,
        "paused_until": state.paused_until.isoformat() if state.paused_until else None,
        "booked_last_second": state.booked,
        "next_slot_seconds": round(state.next_slot.total_seconds(), 4),
    }


def _check(rate: str, limits: Limits) -> None:
    """Refuse a rate that cannot be set, before the audit says that it was."""
    for limit, _ in limits.values():
        try:
            limit.check_rate(rate)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None


@contextmanager
def _open(account: str | None) -> Iterator[Limits]:
    """Open the limiters and the stores of the chosen accounts. They work without the provider's tokens."""
    settings = LimiterSettings.load()
    with open_stores(settings, account) as stores, ExitStack() as limiters:
        yield {
            one: (limiters.enter_context(closing(build_limiter(settings.for_account(one)))), store)
            for one, store in stores.items()
        }


def _show_states(limits: Limits, *, as_json: bool) -> None:
    output = Output(as_json=as_json)
    for account, (limit, store) in limits.items():
        state, suspensions = limit.state(), list(store.suspensions().values())
        suspended = [
            {"sender": one.sender, "reason": one.reason, "retry_at": one.retry_at.isoformat()} for one in suspensions
        ]
        table = _view(state, suspensions, account_label(account) if len(limits) > 1 else None)
        output.show({"account": account_label(account), **to_dict(state), "suspended": suspended}, table)


def _view(state: LimiterState, suspensions: Iterable[Suspension], account: str | None) -> Table:
    table = facts()
    if account is not None:
        table.add_row(say("account"), account)
    table.add_row(say("setting"), state.limit)
    table.add_row(say("now"), say("{rate:.1f} calls per second", rate=state.rate))
    if state.override is not None:
        table.add_row(say("lowered to"), say("{override:.1f} calls per second", override=state.override))
    if state.paused:
        end = (
            say("until {time}", time=time_text(state.paused_until))
            if state.paused_until
            else say("until you run zettai limiter resume")
        )
        table.add_row(say("paused"), end, style="yellow")
    for one in suspensions:
        what = say("sender {sender}", sender=one.sender) if one.sender else say("all sending")
        text = say(
            "{what}: {reason}; one message tries at {time}, or run zettai limiter resume",
            what=what,
            reason=reason_text(one.reason),
            time=time_text(one.retry_at),
        )
        table.add_row(say("suspended"), text, style="red")
    table.add_row(say("calls"), say("{booked:,} in the last second", booked=state.booked))
    table.add_row(
        say("next slot"), say("in {milliseconds:.1f} ms", milliseconds=state.next_slot.total_seconds() * 1000)
    )
    return table
