"""Read a JSON object name by name, and its long list entry by entry, in little memory whatever its size is.

ijson 3.6 cannot do this safely: it has no limit for one value (a text of 64 MB takes 20 s and 180 MB), and it fails on
half of a surrogate pair, which a cut emoji leaves behind.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from json import JSONDecoder
from typing import Any

from zettai_worker.provider.errors import InvalidAnswer

MAX_VALUE_LENGTH = 64 * 1024
"""Characters of one value, or of one entry of a list. A row of the provider has fewer than 10,000."""

_SPACE = " \t\r\n"

_NOT_SPACE = re.compile(f"[^{_SPACE}]")

_AFTER_VALUE = frozenset(f"{_SPACE},:]}}")

_END_OF_VALUE = frozenset('"]}')
"""The last characters of values that need no other one to show that they end."""

_INCOMPLETE = object()


def _object(fields: list[tuple[str, Any]]) -> dict[str, Any] | None:
    """Return None if a name is repeated, because it is unknown which of its values counts."""
    unique = dict(fields)
    return unique if len(unique) == len(fields) else None


_decode_value = JSONDecoder(object_pairs_hook=_object).raw_decode


class JsonStream:
    """Takes one value after another from pieces of UTF-8, with or without a byte order mark.

    Each method raises `InvalidAnswer` if the next characters are not what it takes.
    """

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._decode = getincrementaldecoder("utf-8-sig")().decode
        self._text = ""
        self._position = 0
        self._is_complete = False

    def names(self) -> Iterator[str]:
        """Take an object. Yield each name; take its value before the next one."""
        self._take("{")
        if self.peek() == "}":
            self._take("}")
            return
        while True:
            name = self.value()
            if not isinstance(name, str):
                raise _invalid()
            self._take(":")
            yield name
            if self._take(",}") == "}":
                return

    def entries(self) -> Iterator[Any]:
        """Take a list. Yield each entry."""
        self._take("[")
        if self.peek() == "]":
            self._take("]")
            return
        while True:
            yield self.value()
            if self._take(",]") == "]":
                return

    def value(self) -> Any:
        """Take a value of any kind. An object with a repeated name is None."""
        self.peek()
        while True:
            try:
                value, end = _decode_value(self._text, self._position)
            except (ValueError, RecursionError):  # not JSON, or not all of it is here
                value, end = _INCOMPLETE, len(self._text)
            if self._is_whole(value, end):
                self._position = end
                return value
            if len(self._text) - self._position > MAX_VALUE_LENGTH or not self._read_piece():
                raise _invalid()

    def end(self) -> None:
        """Take white space up to the end."""
        if self.peek():
            raise _invalid()

    def peek(self) -> str:
        """Return the next character that is not white space, without taking it. At the end, return an empty text."""
        if self._position < len(self._text) and (character := self._text[self._position]) not in _SPACE:
            return character  # mostly so, and faster
        while True:
            found = _NOT_SPACE.search(self._text, self._position)
            self._position = found.start() if found else len(self._text)
            if found:
                return found.group()
            if not self._read_piece():
                return ""

    def _is_whole(self, value: object, end: int) -> bool:
        """Return whether a value ends here. At the end of a piece, 12 may be the start of 12.5."""
        if value is _INCOMPLETE or end - self._position > MAX_VALUE_LENGTH:
            return False
        if end < len(self._text):
            return self._text[end] in _AFTER_VALUE
        return self._is_complete or self._text[end - 1] in _END_OF_VALUE

    def _take(self, expected: str) -> str:
        """Take one character out of the expected ones."""
        character = self.peek()
        if not character or character not in expected:
            raise _invalid()
        self._position += 1
        return character

    def _read_piece(self) -> bool:
        """Read one more piece, and drop what was taken. Return False if there is none."""
        if self._is_complete:
            return False
        piece = next(self._pieces, None)
        self._is_complete = piece is None
        try:
            text = self._decode(piece or b"", self._is_complete)
        except UnicodeDecodeError:
            raise _invalid() from None
        self._text = self._text[self._position :] + text
        self._position = 0
        return True


def _invalid() -> InvalidAnswer:
    return InvalidAnswer("the answer is not a valid JSON object")
