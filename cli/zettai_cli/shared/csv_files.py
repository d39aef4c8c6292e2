"""Opens CSV files: to read one with its progress, and to write one completely or not at all."""

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TextIO

import typer
from rich.progress import Progress

from zettai_cli.shared.exits import Failure
from zettai_cli.shared.language import say
from zettai_cli.shared.output import console

FILE_MODE = 0o600
"""Only the owner can read a written file: it holds personal data, even with masked numbers."""


@contextmanager
def open_csv(file: Path, encoding: str) -> Iterator[TextIO]:
    """Open a file to read, and show the progress at a terminal.

    Raises:
        typer.BadParameter: the encoding is unknown.
    """
    try:
        TextIOWrapper(BytesIO(), encoding=encoding).close()  # some codecs return no text
        codec = codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise typer.BadParameter(
            say("{encoding!r} is not an encoding; try utf-8 or cp932", encoding=encoding)
        ) from None
    screen = console(stderr=True)
    with (
        Progress(console=screen, disable=not screen.is_terminal, transient=True) as progress,
        progress.open(
            file,
            "r",
            # Excel may write a byte order mark before the first column.
            encoding="utf-8-sig" if codec == "utf-8" else codec,
            newline="",
            description=file.name,
        ) as lines,
    ):
        yield lines


@contextmanager
def write_csv(file: str, *, force: bool) -> Iterator[TextIO]:
    """Open a file to write, or stdout for `-`. If writing fails, the new file is removed and an existing one is kept.

    Raises:
        Failure: the file exists, or cannot be written.
    """
    if file == "-":
        yield sys.stdout
        return
    path = Path(file)
    if path.exists() and not path.is_file():
        raise Failure(say("{file} is not a regular file; use - to write to stdout", file=file))
    if path.exists() and not force:
        raise Failure(say("{file} exists; use --force to overwrite it", file=file))
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.touch(FILE_MODE, exist_ok=False)
        with unfinished.open("w", encoding="utf-8") as target:
            yield target
        unfinished.replace(path)
    except OSError as error:
        raise Failure(say("cannot write {file}: {strerror}", file=file, strerror=error.strerror)) from None
    finally:
        unfinished.unlink(missing_ok=True)
