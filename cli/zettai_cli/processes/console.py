"""The command `console`."""

from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.options import LogAsJson
from zettai_console.settings import ConsoleSettings
from zettai_console.start import run_console


def console(*, as_json: LogAsJson = False) -> ExitCode:
    """Run the web console for support and campaign staff at the path /console, until SIGTERM or Ctrl-C.

    It needs ZETTAI_CONSOLE_SECRET but no token. With ZETTAI_CONSOLE, zettai gateway serves the console too.
    """
    log_format = {"log_format": "json"} if as_json else {}
    run_console(ConsoleSettings.load(**log_format))
    return ExitCode.OK
