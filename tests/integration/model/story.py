"""The story of an example: what happened when, for the message of a failed test."""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any

from tests.support.redis_clock import RedisClock

from zettai import Message


class Story:
    """Lines with the time of Redis."""

    def __init__(self, clock: RedisClock) -> None:
        self._clock = clock
        self._start = clock.now
        self._lines: list[tuple[datetime, str]] = []

    def tell(self, line: str) -> None:
        """Add a line at the present time."""
        self._lines.append((self._clock.now, line))

    def with_histories(self, messages: Iterable[Message]) -> str:
        """Return all lines, with the states of the messages among them."""
        lines = [*self._lines]
        for message in messages:
            lines += [
                (event.at, f"        {message.client_tag} is {event.state}: {event.reason}")
                for event in message.history
            ]
        lines.sort(key=lambda line: line[0])
        return "\n".join(f"{self._age(at)}  {line}" for at, line in lines)

    def _age(self, at: datetime) -> str:
        seconds = (at - self._start).total_seconds()
        days, rest = divmod(seconds, 86_400)
        hours, rest = divmod(rest, 3_600)
        minutes, seconds = divmod(rest, 60)
        return f"{days:3.0f}d {hours:02.0f}:{minutes:02.0f}:{seconds:04.1f}"


def describe(value: Any) -> str:
    """Return a step or a reaction in a few words: its name, and what differs from the defaults."""
    if isinstance(value, tuple):
        return "; ".join(map(describe, value)) or "nothing"
    if not hasattr(value, "__dataclass_fields__"):
        return str(value)
    given = [(field, getattr(value, field.name)) for field in fields(value)]
    parts = [
        f"{field.name}={describe(one)}"
        for field, one in given
        if one not in (field.default, ()) or field.default is MISSING
    ]
    return f"{type(value).__name__} {' '.join(parts)}".rstrip()
