"""The options that more than one command has. Each is defined here once."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from zettai import Carrier, Lane, State
from zettai_cli.shared.parsing import duration, sending_lane, time_with_zone

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]

LogAsJson = Annotated[bool, typer.Option("--json", help="Write the log as JSON lines, also at a terminal.")]

AsCsv = Annotated[bool, typer.Option("--csv", help="Print CSV with a header line.")]

StateFilter = Annotated[
    list[State] | None, typer.Option("--state", help="Only messages in this state. You can give it several times.")
]

DeadLetterState = Annotated[State | None, typer.Option("--state", help="Only dead letters in this state.")]

GroupFilter = Annotated[str | None, typer.Option("--group", help="Only messages of this group.")]

LaneFilter = Annotated[
    Lane | None,
    typer.Option(
        "--lane", parser=sending_lane, metavar="LANE", help="Only messages of this lane: urgent, normal or bulk."
    ),
]

CarrierFilter = Annotated[
    Carrier | None,
    typer.Option(
        "--carrier", help="Only messages to this carrier: the provider found it, or else the sender named it."
    ),
]

SenderFilter = Annotated[
    str | None, typer.Option("--sender", help="Only messages that were sent from this sender code, or that name it.")
]

AccountFilter = Annotated[
    str | None, typer.Option("--account", help="Only messages of this account, one of ZETTAI_ACCOUNTS_FILE or default.")
]

Account = Annotated[
    str | None, typer.Option("--account", help="The account, one of ZETTAI_ACCOUNTS_FILE or default. [default: all]")
]

MetadataFilter = Annotated[
    list[str] | None,
    typer.Option(
        "--metadata", metavar="KEY=VALUE", help="Only messages with this metadata. You can give it several times."
    ),
]

Since = Annotated[
    datetime | None,
    typer.Option(
        "--since", parser=time_with_zone, metavar="TIME", help="Only messages whose state changed at or after TIME."
    ),
]

Until = Annotated[
    datetime | None,
    typer.Option(
        "--until", parser=time_with_zone, metavar="TIME", help="Only messages whose state changed before TIME."
    ),
]

Overdue = Annotated[bool, typer.Option("--overdue", help="Only messages whose final status is late.")]

WithNumbers = Annotated[bool, typer.Option("--with-numbers", help="Show phone numbers in full, and the metadata.")]

SendingLane = Annotated[
    Lane,
    typer.Option(
        "--lane", parser=sending_lane, metavar="LANE", help="urgent, normal or bulk: urgent messages are sent first."
    ),
]

ExpiresIn = Annotated[
    timedelta | None,
    typer.Option(
        "--expires-in",
        parser=duration,
        metavar="SECONDS",
        help="The message expires if it is not sent within this time.",
    ),
]

Wait = Annotated[
    timedelta | None,
    typer.Option("--wait", parser=duration, metavar="SECONDS", help="Wait for the final state, for at most this long."),
]

Yes = Annotated[
    bool, typer.Option("--yes", help="Do not ask for confirmation. With --json and without --yes: preview only.")
]

Limit = Annotated[int | None, typer.Option("--limit", min=1, help="Show at most this many.")]

ClientTag = Annotated[str, typer.Argument(metavar="TAG", help="The client tag of the message.")]

Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="A mobile number, or - to read it from stdin: arguments can be seen.")
]

Group = Annotated[str, typer.Argument(metavar="GROUP", help="The group of the messages.")]
