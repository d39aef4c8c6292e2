"""The commands `worker` and `simulate`: processes that run until they are told to stop."""

import os
import sys
from datetime import timedelta
from importlib.util import find_spec
from typing import Annotated

import typer
from rich.table import Table

from zettai import Lane
from zettai.core.logging import configure_logging, log_uncaught_errors
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson, Output
from zettai_cli.shared.parsing import duration, lanes
from zettai_worker.settings import WorkerSettings
from zettai_worker.supervisor import Child, ProcessSpec, Supervisor, plan, usable_cpus

GRACE = timedelta(seconds=60)
"""A message's lease: after this, one that a killed process held is looked up by another anyway."""


def worker(
    *,
    processes: Annotated[int | None, typer.Option(min=1, help="Processes for all lanes; one a core, up to 4.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Calls that each of them has in the air at once.")] = None,
    beat: Annotated[bool, typer.Option(help="Run beat too; of all hosts' beats, one is at work.")] = True,
    only: Annotated[str | None, typer.Option("--lanes", metavar="LANE,LANE", help="Serve only these.")] = None,
    grace: Annotated[
        timedelta,
        typer.Option(
            parser=duration, metavar="SECONDS", show_default="60", help="Time to finish in when told to stop."
        ),
    ] = GRACE,
    show: Annotated[bool, typer.Option("--plan", help="Only show which processes there would be.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Run this machine's worker processes and keep them alive, until SIGTERM or Ctrl-C.

    With --json the log is JSON lines, as it is wherever there is no terminal.
    """
    specs = plan(
        usable_cpus(), processes=processes, threads=threads, lanes=lanes(only) if only else tuple(Lane), beat=beat
    )
    if show:
        Output(as_json=as_json).show({"processes": [_to_dict(spec) for spec in specs]}, _plan_view(specs))
        return ExitCode.OK
    log_format = {"log_format": "json"} if as_json else {}
    settings = WorkerSettings.load(**log_format)
    settings.required_token()
    configure_logging(settings)
    log_uncaught_errors()
    ended = Supervisor(children(specs, settings), grace=grace).run()
    return ExitCode.OK if ended else ExitCode.NO


def children(specs: list[ProcessSpec], settings: WorkerSettings) -> list[Child]:
    """The processes with what each is told by its environment: how to log, and a port of its own for metrics."""
    shared = {"ZETTAI_LOG_FORMAT": settings.log_format.value} if settings.log_format else {}
    return [
        Child(spec.name, spec.command, shared | _metrics_port(settings.metrics_port, number))
        for number, spec in enumerate(specs)
    ]


def simulate(context: typer.Context) -> ExitCode:
    """Run the provider's simulator, to develop and test against; `zettai simulate --help` lists its own options."""
    if not (find_spec("zettai_simulator") and find_spec("aiohttp")):
        raise Failure("the simulator is not installed; pip install 'zettai-sms[simulator]'")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "zettai_simulator", *context.args])  # noqa: S606 - no shell


def _metrics_port(first: int | None, number: int) -> dict[str, str]:
    return {} if first is None else {"ZETTAI_METRICS_PORT": str(first + number)}


def _to_dict(spec: ProcessSpec) -> dict[str, object]:
    return {"name": spec.name, "lanes": list(spec.lanes), "threads": spec.threads, "command": spec.command}


def _plan_view(specs: list[ProcessSpec]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("process")
    table.add_column("lanes, first come first")
    table.add_column("threads", justify="right")
    for spec in specs:
        table.add_row(spec.name, " ".join(spec.lanes) or "(ticks)", str(spec.threads or ""))
    return table
