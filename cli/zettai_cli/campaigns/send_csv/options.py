"""The options of `send-csv`, and what they become."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from zettai import Lane
from zettai.campaign_files.tables.table import UnreadableFile
from zettai.campaign_files.tables.text_files import read_text
from zettai_cli.campaigns.control.options import Between, Days, NoHolidays, Rate
from zettai_cli.shared.language import say
from zettai_cli.shared.options import SendingLane
from zettai_cli.shared.parsing import text_or_stdin
from zettai_cli.shared.table_files import Encoding, Sheet, checked_encoding

File = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A CSV or .xlsx file with a header.")
]

Body = Annotated[
    str | None,
    typer.Option(metavar="TEXT", help="The text of all messages, such as '{{名前}} 様', or - to read it from stdin."),
]

BodyFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A file with the text of all messages."),
]

Mapped = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="HEADER=ARGUMENT", help="What a column is. You can give it several times."),
]

TagPrefix = Annotated[
    str | None,
    typer.Option(
        metavar="P",
        help="Give rows the tag P-ROW: each row is sent once. By default P is made from the content of the file.",
    ),
]

DefaultGroup = Annotated[str | None, typer.Option(help="The group of rows that have none.")]

DefaultSender = Annotated[str | None, typer.Option(help="The sender code of rows that have none.")]

DefaultAccount = Annotated[
    str | None, typer.Option(help="The account of the rows. By default that of their sender code.")
]

DefaultCategory = Annotated[
    str | None,
    typer.Option(help="What the messages are about, such as transactional: see zettai suppressions."),
]

OnlyRow = Annotated[
    int | None, typer.Option(metavar="ROW", min=2, help="Send only this row, as a test. The header is row 1.")
]

AllowDuplicates = Annotated[
    bool, typer.Option("--allow-duplicates", help="Also send rows whose number or tag an earlier row has.")
]

ResultFile = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the result of each row to this CSV file.")]

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Send nothing. Show the first texts, all bad rows, and the cost.")
]

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before a file is sent again.")]


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a file is read, and which of its rows.

    Attributes:
        encoding: of a CSV file, by Python's name; None: it is detected.
        sheet: of an Excel file; None: the first one.
        only_row: the number of the only row; None: all.
        allow_duplicates: whether rows may repeat a number or a tag.
    """

    encoding: str | None
    sheet: str | None
    only_row: int | None
    allow_duplicates: bool


def table_options(
    *,
    encoding: Encoding = None,
    sheet: Sheet = None,
    only_row: OnlyRow = None,
    allow_duplicates: AllowDuplicates = False,
) -> TableOptions:
    """Return how the file is read."""
    return TableOptions(checked_encoding(encoding), sheet, only_row, allow_duplicates)


def common_text(*, body: Body = None, body_file: BodyFile = None) -> str | None:
    """Return the text of all messages, or None if the file has the texts."""
    if body is not None and body_file is not None:
        raise typer.BadParameter(say("give either --body or --body-file"))
    if body is not None:
        text = text_or_stdin(body)
    elif body_file is not None:
        text = _text_of(body_file)
    else:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")


def _text_of(file: Path) -> str:
    try:
        return read_text(file)
    except UnreadableFile:
        raise typer.BadParameter(
            say("the encoding of {name} cannot be detected; write it in UTF-8", name=file.name)
        ) from None


def defaults(
    *,
    lane: SendingLane = Lane.BULK,
    group: DefaultGroup = None,
    sender: DefaultSender = None,
    account: DefaultAccount = None,
    category: DefaultCategory = None,
) -> Mapping[str, Any]:
    """Return the arguments of rows that have none of their own."""
    given = {"lane": lane, "group": group, "sender": sender, "account": account, "category": category}
    return {name: value for name, value in given.items() if value is not None}


def limits(
    *, rate: Rate = None, between: Between = None, days: Days = None, no_holidays: NoHolidays = False
) -> Mapping[str, Any] | None:
    """Return the arguments of `Campaigns.set`, or None if none is given: then those of the group stay."""
    if rate is between is days is None and not no_holidays:
        return None
    return {"rate": rate, "between": between, "days": days, "holidays": not no_holidays}
