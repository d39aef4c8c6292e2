"""The `zettai` command. `app.py` lists all commands."""

import sys
from importlib.util import find_spec

from zettai_cli.shared.language import say, use_language


def main() -> None:
    """Run the command, or exit with a one-line error if the extra `worker` is not installed."""
    if not (find_spec("typer") and find_spec("limits")):
        sys.exit(say("zettai: the command needs the worker extra; run pip install 'zettai-sms[worker]'"))
    use_language()
    from zettai_cli.app import app  # noqa: PLC0415 - typer may not be installed

    app()
