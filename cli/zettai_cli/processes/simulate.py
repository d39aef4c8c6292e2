"""The command `simulate`."""

import os
import sys
from importlib.util import find_spec

import typer

from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.language import say


def simulate(context: typer.Context) -> ExitCode:
    """Run the simulator of the provider, for development and tests. It has its own options: zettai simulate --help."""
    if not (find_spec("zettai_simulator") and find_spec("aiohttp")):
        raise Failure(say("the simulator is not installed; run pip install 'zettai-sms[simulator]'"))
    sys.stdout.flush()
    # -P: a folder of the same name in the current directory must not be imported instead.
    command = [sys.executable, "-P", "-m", "zettai_simulator", *context.args]
    os.execv(sys.executable, command)  # noqa: S606 - without a shell
