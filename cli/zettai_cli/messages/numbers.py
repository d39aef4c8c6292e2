"""Reads a number, for `find` and `erase`."""

import typer

from zettai.core.phone_numbers import normalize
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
