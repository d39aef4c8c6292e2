"""The commands `guards show` and `guards resume`."""

from typing import cast

from typer import Typer

from zettai.core.store.guards import GUARD_NAMES
from zettai.core.store.loops import read_producers, resume_producers
from zettai.core.times import JST
from zettai_cli.shared.commands import Commands
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import open_store
from zettai_cli.shared.tables import facts

guards = Typer(
    cls=Commands, no_args_is_help=True, help="Show what the guards have counted and refused, or resume a producer."
)


@guards.command()
def show(*, as_json: AsJson = False) -> ExitCode:
    """Show the refusals by guard, the parts of this month by budget, and the paused producers."""
    with open_store() as store:
        month = f"{store.now().astimezone(JST):%Y-%m}"
        counted = cast("dict[str, str]", store.redis.hgetall(store.keys.refused))
        spent = cast("dict[str, str]", store.redis.hgetall(store.keys.spent))
        producers = read_producers(cast("dict[str, str]", store.redis.hgetall(store.keys.loops)))
    refused = {name: int(counted.get(name, 0)) for name in GUARD_NAMES}
    parts = {name: int(count) for name, count in sorted(spent.items()) if name.startswith(month)}
    paused = [f"{one.name} {one.lane}" for one in producers if one.paused]
    table = facts()
    for name, count in refused.items():
        table.add_row(say("refused: {name}", name=name), f"{count:,}")
    for name, count in parts.items():
        table.add_row(say("parts: {name}", name=name), f"{count:,}")
    for name in paused:
        table.add_row(say("paused"), name)
    Output(as_json=as_json).show({"refused": refused, "parts": parts, "paused": paused}, table)
    return ExitCode.OK


@guards.command()
def resume(*, as_json: AsJson = False) -> ExitCode:
    """Let all producers send again that the loop guard has paused. The exit code is 1 if there are none."""
    with open_store() as store:
        resumed = [f"{one.name} {one.lane}" for one in resume_producers(store.redis, store.keys)]
    Output(as_json=as_json).show({"resumed": resumed}, say("resumed: {names}", names=", ".join(resumed) or say("none")))
    return ExitCode.OK if resumed else ExitCode.NO
