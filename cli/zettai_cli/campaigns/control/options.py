"""The options that say how fast and when messages of a campaign are sent."""

from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="NAME", help="The group of the messages.")]

Rate = Annotated[
    str | None,
    typer.Option("--rate", metavar="RATE", help="The highest rate, such as 50/second, 300/minute or 10000/hour."),
]

Between = Annotated[
    str | None,
    typer.Option(
        "--between",
        metavar="HH:MM-HH:MM",
        help="Send at this time of the day only, in Japan time. It may pass midnight.",
    ),
]

Days = Annotated[
    str | None, typer.Option("--days", metavar="DAYS", help="Send on these days only, such as mon-fri or mon,wed,sat.")
]

NoHolidays = Annotated[bool, typer.Option("--no-holidays", help="Do not send on Japanese holidays.")]
