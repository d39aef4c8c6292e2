"""Opens a file of messages: its table, the columns of its header, and the reader of its rows."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from zettai.campaign_files.columns import Columns
from zettai.campaign_files.duplicates import FirstRows
from zettai.campaign_files.rows import RowReader
from zettai.campaign_files.tables.opening import open_table
from zettai.campaign_files.tables.table import Table
from zettai.core.templates import Template


@contextmanager
def open_rows(
    file: Path,
    *,
    tag_prefix: str,
    defaults: Mapping[str, Any],
    template: Template | None = None,
    mapping: Mapping[str, str] | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    allow_duplicates: bool = False,
) -> Iterator[tuple[Table, RowReader]]:
    """Open a file. Yield the table, from which the header is read, and the reader of its rows.

    Args:
        file: a CSV or Excel file.
        tag_prefix: see `RowReader`.
        defaults: see `RowReader`.
        template: makes the texts of the rows; without it, the file has them.
        mapping: what columns are, by their headers.
        encoding: of a CSV file; None: it is detected.
        sheet: of an Excel file; None: the first one.
        allow_duplicates: whether rows may repeat a number or a tag.

    Raises:
        UnreadableFile: the file cannot be read.
        BadHeader: its first row does not name the columns that are needed.
    """
    with open_table(file, encoding=encoding, sheet=sheet) as table, closing(FirstRows()) as first_rows:
        header = next(table.rows, (1, []))[1]
        columns = Columns.read(header, mapping or {}, template.fields if template else None)
        yield table, RowReader(columns, defaults, template, tag_prefix, None if allow_duplicates else first_rows)
