"""Parsers for arguments and options of the command line. Each raises `typer.BadParameter` with a one-line text."""

import re
import sys
from collections.abc import Iterable
from datetime import date, datetime, timedelta

import typer
from pydantic import TypeAdapter, ValidationError

from zettai import Lane
from zettai.core.lanes import SENDING_LANES
from zettai.core.months import Month
from zettai.core.settings import Duration
from zettai_cli.shared.language import say

_SHORT_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(s|min|m|h|d)", re.ASCII)

_SECONDS = {"s": 1, "min": 60, "m": 60, "h": 3600, "d": 86400}

_DURATION: TypeAdapter[timedelta] = TypeAdapter(Duration)


def duration(text: str) -> timedelta:
    """Parse "30" and "0.5" as seconds, and ISO 8601 such as "PT5M".

    Raises:
        typer.BadParameter: the text is not a positive duration.
    """
    try:
        return _DURATION.validate_python(text)
    except ValidationError:
        raise typer.BadParameter(
            say("{given!r} is not a positive duration; give seconds, or ISO 8601 such as PT5M", given=text)
        ) from None


def duration_of_words(text: str) -> timedelta:
    """Parse "2h", "90min" and "45s", and what `duration` parses.

    Raises:
        typer.BadParameter: the text is not a positive duration.
    """
    found = _SHORT_DURATION.fullmatch(text.strip())
    return duration(str(float(found[1]) * _SECONDS[found[2]]) if found else text)


def time_with_zone(text: str) -> datetime:
    """Parse ISO 8601 with a time zone, such as 2026-08-01T09:00+09:00.

    Raises:
        typer.BadParameter: the text is not a time, or has no time zone.
    """
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        parsed = None
    if parsed is None or parsed.utcoffset() is None:
        raise typer.BadParameter(
            say("{given!r} is not a time with a time zone; write it as 2026-08-01T09:00+09:00", given=text)
        )
    return parsed


def day(text: str) -> date:
    """Parse a day such as 2026-08-01.

    Raises:
        typer.BadParameter: the text is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(say("{given!r} is not a day; write it as 2026-08-01", given=text)) from None


def month(text: str) -> Month:
    """Parse a month such as 2026-11.

    Raises:
        typer.BadParameter: the text is not a month.
    """
    try:
        return Month.parse(text)
    except ValueError:
        raise typer.BadParameter(say("{given!r} is not a month; write it as 2026-11", given=text)) from None


def lanes(text: str) -> tuple[Lane, ...]:
    """Parse a comma-separated list of lanes.

    Raises:
        typer.BadParameter: a lane is unknown.
    """
    try:
        return tuple(Lane(name.strip()) for name in text.split(","))
    except ValueError:
        raise typer.BadParameter(
            say("{given!r} has an unknown lane; give some of {listed}", given=text, listed=",".join(Lane))
        ) from None


def sending_lane(text: str) -> Lane:
    """Parse a lane for messages.

    Raises:
        typer.BadParameter: the lane is unknown, or is not for messages.
    """
    if text not in SENDING_LANES:
        raise typer.BadParameter(
            say(
                "{given!r} is not a lane for messages; give one of {listed}",
                given=text,
                listed=", ".join(SENDING_LANES),
            )
        )
    return Lane(text)


def metadata_pairs(texts: Iterable[str]) -> dict[str, str]:
    """Parse pairs such as `order=1234`. The value may have further equal signs.

    Raises:
        typer.BadParameter: a text is not a pair, or a key is given twice.
    """
    pairs: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or key in pairs:
            raise typer.BadParameter(say("give metadata as KEY=VALUE, and each key once"), param_hint="--metadata")
        pairs[key] = value
    return pairs


def text_or_stdin(text: str) -> str:
    """Return the text, or read it from stdin if it is `-`. Stdin keeps it out of process lists and shell history."""
    return sys.stdin.read().removesuffix("\n") if text == "-" else text
