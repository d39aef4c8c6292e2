"""The command `simulate`."""

import os
import sys
from importlib.util import find_spec
from typing import NoReturn

import typer

from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say


def _fail(problem: str) -> NoReturn:
    raise Failure(translate(problem), ExitCode.USAGE)


def simulate(context: typer.Context) -> ExitCode:
    """Run the simulator of the provider, for development and tests. It has its own options: zettai simulate --help."""
    if not (find_spec("zettai_simulator") and find_spec("aiohttp")):
        raise Failure(say("the simulator is not installed; run, in a clone: pip install '.[simulator]' ./simulator"))
    from zettai_simulator.command_line import parser, settings_from  # noqa: PLC0415 - it may not be installed

    options = parser(say, "zettai simulate")
    options.error = _fail  # type: ignore[method-assign, assignment]
    settings_from(context.args, options)
    sys.stdout.flush()
    # -P: a folder of the same name in the current directory must not be imported instead.
    command = [sys.executable, "-P", "-m", "zettai_simulator", *context.args]
    os.execv(sys.executable, command)  # noqa: S606 - without a shell
