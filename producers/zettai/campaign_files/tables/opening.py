"""Opens the table in a file. What a file is depends on its content, not on its name."""

from contextlib import AbstractContextManager
from pathlib import Path

from zettai.campaign_files.tables.table import Table, UnreadableFile
from zettai.campaign_files.tables.text_files import open_text

EXCEL = b"PK\x03\x04"
"""How an .xlsx file begins: it is a ZIP file."""

OLD_EXCEL = b"\xd0\xcf\x11\xe0"
"""How an .xls file begins, and an .xlsx file with a password."""


def open_table(file: Path, *, encoding: str | None = None, sheet: str | None = None) -> AbstractContextManager[Table]:
    """Open a table.

    Args:
        file: a CSV or Excel file.
        encoding: of a CSV file. It is detected if it is not given.
        sheet: the name of a sheet of an Excel file. By default it is the first one.

    Raises:
        UnreadableFile: the file is something else, or has no such sheet.
    """
    with file.open("rb") as opened:
        start = opened.read(4)
    if start == EXCEL:
        # Only here: openpyxl takes a tenth of a second to import, and most files are CSV files.
        from zettai.campaign_files.tables.excel_files import open_sheet  # noqa: PLC0415

        return open_sheet(file, sheet)
    if start == OLD_EXCEL:
        raise UnreadableFile("it is an old Excel file (.xls), or has a password; save it as .xlsx or CSV")
    if sheet is not None:
        raise UnreadableFile("it is not an Excel file, so it has no sheets")
    return open_text(file, encoding)
