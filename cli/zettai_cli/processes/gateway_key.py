"""The command `gateway-key`."""

import sys
from datetime import datetime
from typing import Annotated

import typer

from zettai.gateway.api_keys import Scope, new_key
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import time_with_zone


def gateway_key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the application. It appears in logs.")],
    *,
    scope: Annotated[list[Scope], typer.Option(help="What the key allows. You can give it several times.")],
    team: Annotated[
        str | None, typer.Option(metavar="TEAM", help="The keys of a team see the messages of each other.")
    ] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(parser=time_with_zone, metavar="TIME", help="When the key becomes invalid."),
    ] = None,
    networks: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="NETWORK,…", help="The addresses or networks that may use the key; all by default."
        ),
    ] = None,
    accounts: Annotated[
        str | None,
        typer.Option(metavar="ACCOUNT,…", help="The accounts that the key may use; all by default."),
    ] = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Create an API key for the gateway. The key is shown once and stored nowhere; the gateway needs only its hash."""
    try:
        key, stored = new_key(name, scope, team=team, expires=expires, networks=networks, accounts=accounts)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if as_json:
        Output(as_json=True).json_line({"key": key, "line": str(stored)})
        return ExitCode.OK
    # Only the line goes to stdout, so that it can be appended to the file.
    sys.stderr.write(say("The API key for the application. It is not shown again:") + f"\n{key}\n\n")
    sys.stderr.write(say("The line for ZETTAI_GATEWAY_KEYS_FILE:") + "\n")
    sys.stdout.write(f"{stored}\n")
    return ExitCode.OK
