"""Writes a CSV file completely or not at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from zettai_cli.shared.exits import Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say

FILE_MODE = 0o600
"""Only the owner can read a written file: it holds personal data, even with masked numbers."""


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
        raise Failure(
            say("cannot write {file}: {strerror}", file=file, strerror=translate(error.strerror or ""))
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)
