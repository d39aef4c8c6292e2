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
from zipfile import BadZipFile, ZipFile
from zlib import error as BadCompression  # noqa: N812 - it is a class

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from zettai.campaign_files.tables.table import Table, UnreadableFile, check_width

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

MOST_ROWS = 1_048_576
"""Rows of a sheet in Excel. A file that names a later row would be read for hours."""

MOST_UNPACKED = 1_000_000_000
"""Bytes that the parts of a file may have unpacked: a sheet of 1,000,000 rows with ten columns has half of that."""

MOST_PACKED = 100
"""How many times smaller than its content a large part may be. Excel reaches about 20, and text that repeats itself to
fill the memory 1,000.
"""

SMALL = 10_000_000
"""Bytes of a part that may be packed to any size."""

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
    _check_parts(file)
    # Opened here: by a path, openpyxl refuses a file whose name does not end in .xlsx.
    with file.open("rb") as opened, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts of the file that openpyxl does not know, and that we do not need
        try:
            book = load_workbook(opened, read_only=True, data_only=True)
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


def _check_parts(file: Path) -> None:
    """Refuse a file whose parts would fill the memory. `zipfile` reads no more of a part than its size says."""
    try:
        with ZipFile(file) as parts:
            sizes = [(part.file_size, part.compress_size) for part in parts.infolist()]
    except BROKEN:
        raise UnreadableFile("it is not a valid .xlsx file") from None
    too_dense = any(size > max(SMALL, MOST_PACKED * packed) for size, packed in sizes)
    if too_dense or sum(size for size, _ in sizes) > MOST_UNPACKED:
        raise UnreadableFile("it is much larger than it looks: its parts would fill the memory")


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    rows = sheet.iter_rows()
    for number in count(1):
        try:
            cells = next(rows, None)
            if cells is None:
                return
            if number > MOST_ROWS:
                raise UnreadableFile("the next row of the sheet is damaged")
            texts = [_text(cell.value, str(getattr(cell, "number_format", ""))) for cell in cells]
        except BROKEN:
            raise UnreadableFile("the next row of the sheet is damaged") from None
        check_width(number, texts)
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
