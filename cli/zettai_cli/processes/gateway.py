"""The command `gateway`."""

from zettai.gateway.process import run
from zettai.gateway.settings import GatewaySettings
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.options import LogAsJson


def gateway(*, as_json: LogAsJson = False) -> ExitCode:
    """Run the HTTP API, until SIGTERM or Ctrl-C. It needs ZETTAI_GATEWAY_KEYS_FILE but no token.

    With ZETTAI_REPORT_PATH it also receives delivery reports from the provider.
    """
    log_format = {"log_format": "json"} if as_json else {}
    settings = GatewaySettings.load(**log_format)
    run(settings)
    return ExitCode.OK
