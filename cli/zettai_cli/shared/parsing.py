"""How words of the command line become values. What is wrong with them is said in one line."""

import sys
from datetime import datetime, timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from zettai import Lane
from zettai.core.settings import Duration

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)


def duration(text: str) -> timedelta:
    """Read "30" and "0.5" as seconds, and ISO 8601 such as "PT5M".

    Raises:
        typer.BadParameter: it is neither, or not positive.
    """
    try:
        return _DURATION.validate_python(text)
    except ValidationError:
        raise typer.BadParameter(f"{text!r} is no duration; give seconds, or ISO 8601 such as PT5M") from None


def moment(text: str) -> datetime:
    """Read ISO 8601 with a time zone, such as 2026-08-01T09:00+09:00.

    Raises:
        typer.BadParameter: it is none, or names no time zone.
    """
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        read = None
    if read is None or read.utcoffset() is None:
        raise typer.BadParameter(f"{text!r} is no time with a time zone; write it as 2026-08-01T09:00+09:00")
    return read


def lanes(text: str) -> tuple[Lane, ...]:
    """Read lanes with commas between.

    Raises:
        typer.BadParameter: one is unknown.
    """
    try:
        return tuple(Lane(word.strip()) for word in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r}: the lanes are {', '.join(Lane)}, with commas between") from None


def text_or_stdin(text: str) -> str:
    """Read the text from stdin where it is `-`, so that it shows up in no list of processes and no history."""
    return sys.stdin.read().removesuffix("\n") if text == "-" else text


Patience = Annotated[
    timedelta | None,
    typer.Option("--wait", parser=duration, metavar="SECONDS", help="Wait for the end, at most so long."),
]
"""The option of commands that can wait for a message's end."""
