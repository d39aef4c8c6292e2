"""The command `receive-reports`: takes the provider's delivery reports until it is told to stop."""

from zettai.gateway.receiver import receive
from zettai.gateway.settings import GatewaySettings
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson


def receive_reports(*, as_json: AsJson = False) -> ExitCode:
    """Take delivery reports over HTTP, until SIGTERM or Ctrl-C. Needs ZETTAI_REPORT_PATH, and no token.

    With --json the log is JSON lines, as it is wherever there is no terminal.
    """
    log_format = {"log_format": "json"} if as_json else {}
    try:
        receive(GatewaySettings.load(**log_format))
    except OSError as error:
        raise Failure(f"cannot listen: {error.strerror or error}") from None
    return ExitCode.OK
