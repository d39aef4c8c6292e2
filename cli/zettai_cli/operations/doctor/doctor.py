"""The command `doctor`: looks at everything a worker needs, and says what to do about what is wrong."""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from zettai.core.errors import SettingsError
from zettai_cli.operations.doctor import checks, probes
from zettai_cli.operations.doctor.checks import Check, Verdict
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.output import AsJson, Output
from zettai_worker.settings import LimiterSettings, WorkerSettings

COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILED: "red", Verdict.UNKNOWN: "yellow"}


def doctor(
    *,
    call: Annotated[bool, typer.Option("--call", help="Also make one harmless call to the provider.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Check settings, Redis, the provider and the workers. Shows no secret, and changes nothing."""
    report = list(examine(call=call))
    failures = sum(check.verdict is Verdict.FAILED for check in report)
    data = {"failed": failures, "checks": [check.to_dict() for check in report]}
    Output(as_json=as_json).show(data, _view(report))
    return ExitCode.NO if failures else ExitCode.OK


def examine(*, call: bool) -> Iterator[Check]:
    """Make the checks, as far as each has its ground: without Redis there are no queues to look at."""
    worker, problems = _worker_settings()
    yield from problems
    common = worker or _common_settings()
    if common is not None:
        found = list(probes.redis(common))
        yield from found
        if found[0].verdict is Verdict.OK:
            yield from probes.queues(common)
            if worker is not None:
                yield from probes.workers(worker)
    if worker is not None:
        yield from probes.provider(worker)
        if call:
            yield probes.call(worker)


def _worker_settings() -> tuple[WorkerSettings | None, list[Check]]:
    try:
        settings = WorkerSettings.load()
        settings.required_token()
    except SettingsError as error:
        advice = "set it as docs/reference/settings.md says"
        return None, [checks.failed("settings", problem, advice) for problem in str(error).split("; ")]
    return settings, [checks.ok("settings", "complete")]


def _common_settings() -> LimiterSettings | None:
    """What can be looked at though the provider's part is missing or wrong."""
    try:
        return LimiterSettings.load()
    except SettingsError:
        return None


def _view(report: list[Check]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("check", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("found", overflow="fold")
    table.add_column("what to do", overflow="fold")
    for check in report:
        table.add_row(check.name, Text(check.verdict, style=COLOURS[check.verdict]), check.found, check.advice)
    return table
