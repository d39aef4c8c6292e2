"""The commands `limiter show`, `limiter set`, `limiter pause` and `limiter resume`."""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from zettai.core.store import WorkerStore
from zettai.core.store.suspension import Suspension
from zettai_cli.messages.views import time_text
from zettai_cli.shared.exits import Commands, ExitCode
from zettai_cli.shared.options import AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import duration
from zettai_cli.shared.store import open_store
from zettai_cli.shared.tables import facts
from zettai_worker.limiter import Limiter, LimiterState
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings

limiter = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Show or change the rate limit that all workers on all hosts share."
)


@limiter.command()
def show(*, as_json: AsJson = False) -> ExitCode:
    """Show the rate limit and its use."""
    with _open() as (limit, store):
        _show_state(limit, store, as_json=as_json)
    return ExitCode.OK


@limiter.command("set")
def set_rate(
    rate: Annotated[
        str | None,
        typer.Argument(metavar="[RATE]", help="A rate such as 300/second. It cannot exceed ZETTAI_RATE_LIMIT."),
    ] = None,
    *,
    default: Annotated[bool, typer.Option("--default", help="Use ZETTAI_RATE_LIMIT again.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Lower the rate limit for all workers, until you set another one."""
    if (rate is None) is not default:
        raise typer.BadParameter("give either a rate such as 300/second, or --default")
    with _open() as (limit, store):
        try:
            limit.set_rate(rate)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        _show_state(limit, store, as_json=as_json)
    return ExitCode.OK


@limiter.command()
def pause(
    seconds: Annotated[
        timedelta | None,
        typer.Argument(parser=duration, metavar="[SECONDS]", help="Resume after this time. Otherwise run resume."),
    ] = None,
    *,
    as_json: AsJson = False,
) -> ExitCode:
    """Pause all calls to the provider. Messages wait; none is lost."""
    with _open() as (limit, store):
        limit.pause(seconds)
        _show_state(limit, store, as_json=as_json)
    return ExitCode.OK


@limiter.command()
def resume(*, as_json: AsJson = False) -> ExitCode:
    """Resume all calls to the provider after a pause, or after the account or a sender code was suspended."""
    with _open() as (limit, store):
        limit.resume()
        store.resume()
        _show_state(limit, store, as_json=as_json)
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


@contextmanager
def _open() -> Iterator[tuple[Limiter, WorkerStore]]:
    """Open the limiter and the store. Both work without the provider's token."""
    settings = LimiterSettings.load()
    with closing(build_limiter(settings)) as limit, open_store(settings) as store:
        yield limit, store


def _show_state(limit: Limiter, store: WorkerStore, *, as_json: bool) -> None:
    state, suspensions = limit.state(), list(store.suspensions().values())
    suspended = [
        {"sender": one.sender, "reason": one.reason, "retry_at": one.retry_at.isoformat()} for one in suspensions
    ]
    Output(as_json=as_json).show({**to_dict(state), "suspended": suspended}, _view(state, suspensions))


def _view(state: LimiterState, suspensions: Iterable[Suspension]) -> Table:
    table = facts()
    table.add_row("setting", state.limit)
    table.add_row("now", f"{state.rate:.1f} calls per second")
    if state.override is not None:
        table.add_row("lowered to", f"{state.override:.1f} calls per second")
    if state.paused:
        end = f"until {time_text(state.paused_until)}" if state.paused_until else "until you run zettai limiter resume"
        table.add_row("paused", end, style="yellow")
    for one in suspensions:
        what = f"sender {one.sender}" if one.sender else "all sending"
        text = f"{what}: {one.reason}; one message tries at {time_text(one.retry_at)}, or run zettai limiter resume"
        table.add_row("suspended", text, style="red")
    table.add_row("calls", f"{state.booked:,} in the last second")
    table.add_row("next slot", f"in {state.next_slot.total_seconds() * 1000:.1f} ms")
    return table
