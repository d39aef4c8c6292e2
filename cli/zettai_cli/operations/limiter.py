"""The commands `limiter show`, `set`, `pause` and `resume`: the rate limit of all workers on all hosts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_cli.messages.views import time_text
from zettai_cli.shared.exits import Commands, ExitCode
from zettai_cli.shared.output import AsJson, Output
from zettai_cli.shared.parsing import duration
from zettai_worker.limiter import Limiter, LimiterState
from zettai_worker.runtime import build_limiter
from zettai_worker.settings import LimiterSettings

limiter = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Show or steer the rate limit of all workers on all hosts."
)


@limiter.command()
def show(*, as_json: AsJson = False) -> ExitCode:
    """Show how the limit stands."""
    with _opened() as (limit, _):
        _tell(limit, as_json=as_json)
    return ExitCode.OK


@limiter.command("set")
def set_rate(
    rate: Annotated[
        str | None, typer.Argument(metavar="[RATE]", help="Such as 300/second; not above the setting.")
    ] = None,
    *,
    default: Annotated[bool, typer.Option("--default", help="Back to the setting.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Go slower than the setting, until further notice."""
    if (rate is None) is not default:
        raise typer.BadParameter("give either a rate such as 300/second, or --default")
    with _opened() as (limit, _):
        try:
            limit.set_rate(rate)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        _tell(limit, as_json=as_json)
    return ExitCode.OK


@limiter.command()
def pause(
    seconds: Annotated[
        timedelta | None, typer.Argument(parser=duration, metavar="[SECONDS]", help="Without it, until resumed.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> ExitCode:
    """Stop all calls to the provider: messages wait, and nothing is lost."""
    with _opened() as (limit, _):
        limit.pause(seconds)
        _tell(limit, as_json=as_json)
    return ExitCode.OK


@limiter.command()
def resume(*, as_json: AsJson = False) -> ExitCode:
    """End a pause, or a hold of the account; held messages go on at once."""
    with _opened() as (limit, store):
        limit.resume()
        store.resume()
        _tell(limit, as_json=as_json)
    return ExitCode.OK


def to_dict(state: LimiterState) -> dict[str, Any]:
    """The limit ready for JSON."""
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
def _opened() -> Iterator[tuple[Limiter, WorkerStore]]:
    """The limit and the store; neither needs the provider's token."""
    settings = LimiterSettings.load()
    limit = build_limiter(settings)
    with connect(settings.redis_url) as redis:
        try:
            yield limit, WorkerStore(redis, Keys(settings.key_prefix))
        finally:
            limit.close()


def _tell(limit: Limiter, *, as_json: bool) -> None:
    state = limit.state()
    Output(as_json=as_json).show(to_dict(state), _view(state))


def _view(state: LimiterState) -> Table:
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_row("setting", state.limit)
    facts.add_row("now", f"{state.rate:.1f} calls a second")
    if state.override is not None:
        facts.add_row("set to", f"{state.override:.1f} calls a second at most")
    if state.paused:
        end = f"until {time_text(state.paused_until)}" if state.paused_until else "until zettai limiter resume"
        facts.add_row("paused", end, style="yellow")
    facts.add_row("booked", f"{state.booked:,} in the last second")
    facts.add_row("next slot", f"in {state.next_slot.total_seconds() * 1000:.1f} ms")
    return facts
