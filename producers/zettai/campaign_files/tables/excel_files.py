"""Excel files: a sheet of an .xlsx file, row by row.

openpyxl and not python-calamine: calamine reads a whole sheet into memory.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile
from zlib import error as BadCompression  # noqa: N812 - it is a class

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from zettai.campaign_files.tables.table import Table, UnreadableFile

BROKEN = (
    AttributeError,
    BadCompression,
    BadZipFile,
    EOFError,
    InvalidFileException,
    LookupError,
    OSError,
    OverflowError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What openpyxl and zipfile raise for a damaged file, or for one in a form that they do not know."""

DIGITS = 15
"""Significant digits of a number in Excel."""


@contextmanager
def open_sheet(file: Path, name: str | None) -> Iterator[Table]:
    """Open a sheet.

    Args:
        file: an .xlsx file.
        name: of the sheet. By default it is the first one.

    Raises:
        UnreadableFile: the file is damaged, or has no such sheet.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts of the file that openpyxl does not know, and that we do not need
        try:
            book = load_workbook(file, read_only=True, data_only=True)
        except BROKEN:
            raise UnreadableFile("it is not a valid .xlsx file") from None
        try:
            sheets: dict[str, Any] = {sheet.title: sheet for sheet in book.worksheets}  # of a class without types
            if not sheets or (name is not None and name not in sheets):
                raise UnreadableFile(f"it has no such sheet; its sheets are {', '.join(sheets)}")
            sheet = sheets[name or next(iter(sheets))]
            size = sheet.max_row
            sheet.reset_dimensions()  # some programs write a wrong size
            yield Table(f"Excel, sheet {sheet.title}", _rows(sheet), size, lambda number: number)
        finally:
            book.close()


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    rows = sheet.iter_rows()
    for number in count(1):
        try:
            cells = next(rows, None)
            if cells is None:
                return
            texts = [_text(cell.value, str(getattr(cell, "number_format", ""))) for cell in cells]
        except BROKEN:
            raise UnreadableFile("the next row of the sheet is damaged") from None
        if any(text.strip() for text in texts):
            yield number, texts


def _text(value: object, number_format: str) -> str:
    """Return the text of a cell, as an export to CSV has it in Japan."""
    match value:
        case None:
            text = ""
        case bool():
            text = str(value).upper()
        case datetime() if value.time() == time() and "h" not in number_format.lower():
            text = f"{value:%Y/%m/%d}"
        case datetime():
            text = f"{value:%Y/%m/%d %H:%M:%S}".removesuffix(":00")
        case time():
            text = f"{value:%H:%M:%S}".removesuffix(":00")
        case timedelta():
            minutes, seconds = divmod(round(value.total_seconds()), 60)
            text = f"{minutes // 60}:{minutes % 60:02}:{seconds:02}".removesuffix(":00")
        case float():
            text = f"{Decimal(f'{value:.{DIGITS}g}'):f}"
        case _:
            text = str(value).replace("_x000D_", "\r")  # how Excel writes a carriage return
    return text
