"""The command `receive-reports`."""

from zettai.gateway.process import run_report_endpoint
from zettai.gateway.settings import GatewaySettings
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.options import LogAsJson


def receive_reports(*, as_json: LogAsJson = False) -> ExitCode:
    """Receive delivery reports from the provider, until SIGTERM or Ctrl-C. It needs ZETTAI_REPORT_PATH but no token."""
    log_format = {"log_format": "json"} if as_json else {}
    settings = GatewaySettings.load(**log_format)
    run_report_endpoint(settings)
    return ExitCode.OK
