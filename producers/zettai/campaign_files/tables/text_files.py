"""CSV files: their encoding, their separator, and their rows."""

import codecs
import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path

from zettai.campaign_files.tables.table import Table, UnreadableFile, check_width

CHUNK = 1 << 20
"""Bytes that are read at once to find the encoding."""

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons"}
"""The separators of columns. Where two are equally frequent, the first one counts."""

MAX_FIRST_LINE = 100_000
"""Characters of the first line in which the separator is counted."""

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
"""The encodings by the byte order mark that begins a file."""

NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "cp932": "CP932 (Shift_JIS)",
}

_QUOTED = re.compile(r'"[^"]*"')


def known_encoding(name: str) -> str:
    """Return Python's name of an encoding of texts.

    Raises:
        ValueError: there is no such encoding.
    """
    try:
        TextIOWrapper(BytesIO(), encoding=name).close()  # some codecs return no text
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        raise ValueError(f"{name!r} is not an encoding; try utf-8 or cp932") from None
    # Excel may write a byte order mark before the first column.
    return "utf-8-sig" if known == "utf-8" else known


def detect_encoding(file: Path) -> str:
    """Return the encoding of a text: by its byte order mark, or else UTF-8 or CP932, whichever fits the whole file.

    Raises:
        UnreadableFile: neither fits, or CP932 fits and EUC-JP too.
    """
    with file.open("rb") as opened:
        start = opened.read(3)
    for mark, encoding in MARKS.items():
        if start.startswith(mark):
            return encoding
    if _fits(file, "utf-8"):
        return "utf-8"
    if not _fits(file, "cp932"):
        raise UnreadableFile("it is neither UTF-8 nor CP932; give its --encoding")
    if _fits(file, "euc_jp"):
        raise UnreadableFile("it may be CP932 or EUC-JP; give --encoding cp932 or --encoding euc_jp")
    return "cp932"


def read_text(file: Path) -> str:
    """Return the text of a small file, in any encoding that can be detected.

    Raises:
        UnreadableFile: its encoding is not known.
    """
    try:
        return file.read_text(encoding=detect_encoding(file))
    except UnicodeError:
        raise UnreadableFile("it is not the UTF-16 that its byte order mark says") from None


@contextmanager
def open_text(file: Path, encoding: str | None) -> Iterator[Table]:
    """Open a CSV file.

    Args:
        file: the file.
        encoding: its encoding by Python's name. It is detected if it is not given.

    Raises:
        UnreadableFile: its encoding is not known.
    """
    encoding = encoding or detect_encoding(file)
    with file.open("rb") as binary, TextIOWrapper(binary, encoding=encoding, newline="") as lines:
        separator = _separator(lines, encoding)
        form = f"{NAMES.get(encoding, encoding)}, separated by {SEPARATORS[separator]}"
        yield Table(form, _rows(lines, encoding, separator), file.stat().st_size, lambda _: binary.tell())


def _fits(file: Path, encoding: str) -> bool:
    """Return whether a whole file can be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with file.open("rb") as opened:
        try:
            while chunk := opened.read(CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _separator(lines: TextIOWrapper, encoding: str) -> str:
    """Return the separator that is most frequent in the header, outside of quotes.

    `csv.Sniffer` guesses from the letters of the texts, and takes one of them for the separator where it finds none.
    """
    try:
        first = next((line for line in iter(lambda: lines.readline(MAX_FIRST_LINE), "") if line.strip()), "")
    except UnicodeError:
        raise UnreadableFile(f"it is not {encoding}; give the right --encoding") from None
    lines.seek(0)
    header = _QUOTED.sub("", first)
    return max(SEPARATORS, key=header.count)


def _rows(lines: TextIOWrapper, encoding: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    try:
        for number, cells in enumerate(csv.reader(lines, delimiter=separator, strict=True), start=1):
            check_width(number, cells)
            if any(cell.strip() for cell in cells):
                yield number, cells
    except csv.Error as error:
        raise UnreadableFile(f"the next row is not valid CSV ({error}); correct it") from None
    except UnicodeError:
        raise UnreadableFile(f"the next row is not {encoding}; give the right --encoding") from None
