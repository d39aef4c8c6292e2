"""The command `worker`."""

from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table

from zettai import Lane, Settings
from zettai.core.core_dumps import forbid_core_dumps
from zettai.core.logging import configure_logging, log_uncaught_errors
from zettai.core.store.layout import check_store
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import LogAsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import duration, lanes
from zettai_cli.shared.tables import columns
from zettai_worker.settings import CallerSettings, WorkerSettings
from zettai_worker.supervisor import Child, ProcessSpec, Supervisor, plan, usable_cpus

GRACE = timedelta(seconds=60)
"""As long as a claim: after this time, another worker looks up the messages of a killed process anyway."""


def worker(
    *,
    processes: Annotated[
        int | None,
        typer.Option(min=1, help="Number of worker processes.", show_default="one per core, at most 4"),
    ] = None,
    beat: Annotated[
        bool, typer.Option(help="Also run beat. Every host may run it: each tick is published once.")
    ] = True,
    only: Annotated[str | None, typer.Option("--lanes", metavar="LANE,LANE", help="Serve only these lanes.")] = None,
    grace: Annotated[
        timedelta,
        typer.Option(
            parser=duration, metavar="SECONDS", show_default="60", help="Time to finish running calls after SIGTERM."
        ),
    ] = GRACE,
    show_plan: Annotated[
        bool, typer.Option("--plan", help="Show the processes, as JSON with --json. Start none.")
    ] = False,
    as_json: LogAsJson = False,
) -> ExitCode:
    """Run the worker processes of this host, and restart those that crash, until SIGTERM or Ctrl-C."""
    specs = plan(
        usable_cpus(),
        processes=processes,
        lanes=lanes(only) if only else tuple(Lane),
        beat=beat,
        accounts=Settings.load().account_names,
    )
    if show_plan:
        Output(as_json=as_json).show({"processes": [_to_dict(spec) for spec in specs]}, _plan_view(specs))
        return ExitCode.OK
    log_format = {"log_format": "json"} if as_json else {}
    settings = CallerSettings.load(**log_format)
    check_store(settings)
    configure_logging(settings)
    forbid_core_dumps()
    log_uncaught_errors()
    stopped_in_time = Supervisor(children(specs, settings), grace=grace).run()
    return ExitCode.OK if stopped_in_time else ExitCode.NO


def children(specs: list[ProcessSpec], settings: WorkerSettings) -> list[Child]:
    """Return the processes to start. Each gets the log format and its own metrics port by its environment."""
    shared = {"ZETTAI_LOG_FORMAT": settings.log_format.value} if settings.log_format else {}
    return [
        Child(spec.name, spec.command, shared | _metrics_port(settings.metrics_port, number))
        for number, spec in enumerate(specs)
    ]


def _metrics_port(first: int | None, number: int) -> dict[str, str]:
    return {} if first is None else {"ZETTAI_METRICS_PORT": str(first + number)}


def _to_dict(spec: ProcessSpec) -> dict[str, object]:
    return {"name": spec.name, "lanes": list(spec.lanes), "command": spec.command}


def _plan_view(specs: list[ProcessSpec]) -> Table:
    table = columns("process", "lanes, in order")
    for spec in specs:
        table.add_row(spec.name, " ".join(spec.lanes) or say("(beat)"))
    return table
