"""The commands `gateway` and `gateway-key`: sending by HTTP, for those who do not write Python."""

import sys
from typing import Annotated

import typer

from zettai.gateway.keys import Scope, new_key
from zettai.gateway.process import run
from zettai.gateway.settings import GatewaySettings
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson, Output


def gateway(*, as_json: AsJson = False) -> ExitCode:
    """Take requests over HTTP, until SIGTERM or Ctrl-C. Needs ZETTAI_GATEWAY_KEYS_FILE, and no token.

    With ZETTAI_REPORT_PATH it takes delivery reports too. With --json the log is JSON lines, as it is wherever there
    is no terminal.
    """
    log_format = {"log_format": "json"} if as_json else {}
    try:
        run(GatewaySettings.load(**log_format))
    except OSError as error:
        raise Failure(f"cannot listen: {error.strerror or error}") from None
    return ExitCode.OK


def gateway_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is; it stands in logs.")],
    *,
    scope: Annotated[list[Scope], typer.Option(help="What it is for; may be given several times.")],
    as_json: AsJson = False,
) -> ExitCode:
    """Make an API key for the gateway: shown once, and kept nowhere; only the line for the file can be shown again."""
    try:
        key, stored = new_key(name, scope)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    output = Output(as_json=as_json)
    if as_json:
        output.line({"key": key, "line": str(stored)})
        return ExitCode.OK
    # The line alone goes to stdout, so that it can be appended to the file.
    sys.stderr.write(f"The key, for whoever shall use it; it is not shown again:\n{key}\n\n")
    sys.stderr.write("The line for ZETTAI_GATEWAY_KEYS_FILE:\n")
    sys.stdout.write(f"{stored}\n")
    return ExitCode.OK
