"""`zettai demo`: run the product against a simulated provider on this machine, and check the result."""

import json
import sys
from typing import Annotated

import typer
from rich.console import Console

from zettai_cli.processes import demo_words
from zettai_cli.processes.demo_extra import require_demo_extra, stopped_by_sigterm
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.options import AsJson

MINIMUM = 100
"""The smallest campaign: fewer messages would show nothing."""

WIDTH = 120
"""Columns where there is no terminal."""


def demo(
    *,
    messages: Annotated[int, typer.Option(min=MINIMUM, help="Size of the campaign.")] = 6000,
    seed: Annotated[int, typer.Option(help="Seed for phone numbers and faults.")] = 1,
    as_json: AsJson = False,
) -> ExitCode:
    """Send a campaign through real workers to a simulated provider, inject faults, and check the result.

    Starts a Redis server (Valkey), the simulator and `zettai worker` on this machine, and stops them at the end.
    Exits with 1 if the store differs in anything from what the provider did.
    """
    require_demo_extra("demo")
    from zettai_demo.run import LIMIT, run  # noqa: PLC0415 - only the extra `demo` brings it
    from zettai_demo.scenario import Size  # noqa: PLC0415
    from zettai_demo.stack import StackError  # noqa: PLC0415
    from zettai_demo.view import view_for  # noqa: PLC0415

    console = _console(stderr=as_json)
    try:
        with stopped_by_sigterm():
            summary = run(view_for(console, LIMIT, demo_words.in_words), Size(messages), seed)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except StackError as error:
        raise Failure(demo_words.in_words(str(error))) from None
    if as_json:
        sys.stdout.write(json.dumps(summary.to_json(), ensure_ascii=False) + "\n")
    else:
        summary.print(console, demo_words.in_words)
    return ExitCode.OK if summary.ok else ExitCode.NO


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = WIDTH
    return console
