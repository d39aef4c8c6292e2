"""The command `gateway`."""

from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.options import LogAsJson
from zettai_console.settings import ConsoleSettings
from zettai_console.start import run_gateway


def gateway(*, as_json: LogAsJson = False) -> ExitCode:
    """Run the HTTP API, until SIGTERM or Ctrl-C. It needs ZETTAI_GATEWAY_KEYS_FILE but no token.

    With ZETTAI_REPORT_PATH it also receives delivery reports from the provider, and with ZETTAI_CONSOLE it serves the
    web console.
    """
    log_format = {"log_format": "json"} if as_json else {}
    run_gateway(ConsoleSettings.load(**log_format))
    return ExitCode.OK
