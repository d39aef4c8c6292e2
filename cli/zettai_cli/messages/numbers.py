"""Finds the tags of the messages to a number, for `find` and `erase`."""

from collections.abc import Iterator

import typer

from zettai.core.phone_numbers import normalize
from zettai.core.store import WorkerStore
from zettai_cli.shared.parsing import text_or_stdin


def normal_number(text: str) -> str:
    """Return the number that a person wrote, or that is on stdin, in its normal form.

    Raises:
        typer.BadParameter: it is not a Japanese mobile number.
    """
    try:
        return normalize(text_or_stdin(text).strip())
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NUMBER") from None


def tags_of(store: WorkerStore, number: str, *, scan: bool) -> Iterator[str]:
    """Return the tags of the messages to a number in its normal form.

    Args:
        store: the messages.
        number: the number.
        scan: whether to read all records in place of the index.

    Raises:
        SettingsError: there is no `ZETTAI_INDEX_KEY`, and the records are not read.
    """
    return store.scan_number(number) if scan else store.numbers.tags(number)
