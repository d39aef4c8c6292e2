"""The file with the result of each row, for `send-csv --result`."""

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from zettai.campaign_files.row_results import RowResult
from zettai_cli.shared.csv_cells import safe_cell
from zettai_cli.shared.exits import Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say

COLUMNS = ("row", "client_tag", "outcome", "reason")

FILE_MODE = 0o600
"""Only the owner can read the file."""

BYTE_ORDER_MARK = "\ufeff"
"""Without it, Excel does not read the file as UTF-8."""

_HEADER = ",".join(COLUMNS)


@contextmanager
def result_file(path: Path | None) -> Iterator[Callable[[RowResult], None]]:
    """Open a result file. Yield a function that writes the result of a row; without a path it does nothing.

    Raises:
        Failure: the path is another file, which is not overwritten, or it cannot be written.
    """
    if path is None:
        yield lambda _: None
        return
    try:
        if path.exists() and not _is_result_file(path):
            raise Failure(say("{path} exists and is not a result file; give --result another name", path=path))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    except OSError as error:
        raise Failure(
            say("cannot write {path}: {strerror}", path=path, strerror=translate(error.strerror or ""))
        ) from None
    with open(descriptor, "w", encoding="utf-8", newline="") as target:  # noqa: PTH123 - it has a descriptor
        target.write(BYTE_ORDER_MARK)
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(COLUMNS)
        yield lambda result: writer.writerow(
            map(safe_cell, (result.number, result.client_tag, result.outcome, result.reason))
        )


def _is_result_file(path: Path) -> bool:
    """Return whether a file was written by an earlier run, or is empty."""
    with path.open(encoding="utf-8-sig", errors="replace") as opened:
        return opened.readline(len(_HEADER) + 1).rstrip("\n") in {"", _HEADER}
