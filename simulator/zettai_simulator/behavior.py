"""The behavior: what the provider does differently where its specification leaves it open.

A behavior applies to all calls until it is changed. What goes wrong with single calls is a fault: see `faults`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from zettai_simulator.values import read_values

OPT_OUT_LINK = "https://ai9.jp/0PT0UT"
"""The link that each recipient gets in a version of their own."""

_CHARACTERS = "iso2022_jp"
_YES = {"", "1", "true", "yes"}


DESCRIPTIONS: Mapping[str, str] = {
    "rewrites": (
        "status answers and reports show the text as it was sent: CRLF as LF, no outer blanks, `?` in place of an "
        "emoji, a personal opt-out link"
    ),
    "local_numbers": "status answers and reports show `090…`, not `+8190…`",
    "lag": "status answers and reservations are so many seconds out of date",
    "prefix_match": "a search for a tag finds each tag that begins with it",
    "canceled_again": "a second cancel of a reservation is answered with this code: 200 by default, or 0",
    "clock_ahead": "the provider's clock is so many seconds ahead: it refuses near reservations, and sends early",
}
"""What the provider does, for people: on the inbox page and in docs/testing.md."""


EXAMPLES: Mapping[str, bool | int | float] = {
    "rewrites": True,
    "local_numbers": True,
    "lag": 60.0,
    "prefix_match": True,
    "canceled_again": 0,
    "clock_ahead": 120.0,
}
"""For each behavior the value that its button on the inbox page sets."""


@dataclass(frozen=True, slots=True)
class Behavior:
    """How the provider behaves.

    Attributes:
        rewrites: Whether status answers and reports show the text as it was sent: CRLF as LF, no outer blanks, `?` in
            place of what ISO-2022-JP lacks, and a personal opt-out link.
        local_numbers: Whether status answers and reports show numbers as `0…`, not as `+81…`.
        lag: Seconds by which the answers of `status` and `checkreservation` are out of date.
        prefix_match: Whether these two find each client tag that begins with the given one.
        canceled_again: The code of `cancelreservation` for a reservation that is canceled already.
        clock_ahead: Seconds by which the clock of the provider is ahead. It refuses near reservations, and sends early.
    """

    rewrites: bool = False
    local_numbers: bool = False
    lag: float = 0.0
    prefix_match: bool = False
    canceled_again: int = 200
    clock_ahead: float = 0.0

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Create a behavior from decoded JSON or from the options of a command line; the rest is the default.

        Raises:
            ValueError: An unknown name or an impossible value.
        """
        readers = {field.name: _READERS[type(field.default)] for field in fields(cls)}
        return cls(**read_values(values, readers))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Create a behavior from `name` or `name=value`, with commas between several.

        Raises:
            ValueError: An unknown name or an impossible value.
        """
        pairs = [pair.partition("=") for pair in text.split(",") if pair]
        return cls.from_mapping({name: value for name, _, value in pairs})

    def text(self, given: str, serial: int) -> str:
        """Return the text that the recipient gets."""
        if not self.rewrites:
            return given
        text = given.replace("\r\n", "\n").strip() or given
        text = text.replace(OPT_OUT_LINK, f"https://ai9.jp/{serial:07x}")
        return text.encode(_CHARACTERS, errors="replace").decode(_CHARACTERS)

    def number(self, international: str) -> str:
        """Return a number (+81…) as status answers and reports show it."""
        return international.replace("+81", "0", 1) if self.local_numbers else international


def _boolean(value: object) -> bool:
    return str(value).lower() in _YES


_READERS: Mapping[type, Any] = {bool: _boolean, int: int, float: float}
