"""The columns of a file: which argument of `send` or which field of the template each one is."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from zettai.core.new_message import ROW_ARGUMENTS
from zettai.core.phone_numbers import mask

METADATA = "metadata."
"""How the columns of the metadata begin: one for each key, such as `metadata.order`."""

ARGUMENTS = tuple(name for name in ROW_ARGUMENTS if f"{name}." != METADATA)
"""The other columns that a file may have: the arguments of `send`."""

KNOWN_HEADERS: Mapping[str, tuple[str, ...]] = {
    "to": ("電話番号", "携帯電話番号", "携帯番号", "携帯電話", "携帯", "TEL", "phone", "phone number", "mobile"),
    "body": ("本文", "メッセージ", "文面", "message", "text"),
    "send_at": ("送信日時", "配信日時"),
    "group": ("グループ",),
    "client_tag": ("クライアントタグ",),
    "lane": ("レーン",),
}
"""Other headers of an argument. Only clear ones: 予約日時 may be an appointment, and タグ may belong to a customer."""

ONLY_MAPPED = frozenset({"account", "category"})
"""Arguments whose column must be named with `--map`: a column with the same name may be about the customer. With the
category of a customer, a message would pass the opt-outs of other categories.
"""

SHOWN_LENGTH = 40
"""Characters of a header that a text shows."""

LONGEST_DIGITS = 6
"""A header with more digits may be a phone number, in a file without a header."""


class BadHeader(ValueError):  # noqa: N818 - it names the fact
    """The first row, or an option about it, does not name the columns that are needed."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file, by their positions.

    Attributes:
        names: the headers.
        arguments: the column of each argument of `send`, and of each key of the metadata.
        fields: the column of each field of the template.
    """

    names: tuple[str, ...]
    arguments: Mapping[str, int]
    fields: Mapping[str, int]

    @classmethod
    def read(cls, header: Sequence[str], mapped: Mapping[str, str], fields: Sequence[str] | None) -> "Columns":
        """Read the header.

        Args:
            header: the first row.
            mapped: headers by the argument that the user mapped them to.
            fields: the fields of the template. None without a template.

        Raises:
            BadHeader: a column that is needed is missing, or could be any of several; or one is mapped to the text that
                the template makes.
        """
        if fields is not None and "body" in mapped:
            raise BadHeader(f"--map names the column {shown(mapped['body'])} for body, but a text is given too")
        names = tuple(name.strip() for name in header)
        wanted = [
            name
            for name in (*ARGUMENTS, *_keys(names), *mapped)
            if (fields is None or name != "body") and (name not in ONLY_MAPPED or name in mapped)
        ]
        found = {name: _position(names, name, mapped.get(name)) for name in dict.fromkeys(wanted)}
        arguments = {name: position for name, position in found.items() if position is not None}
        if "to" not in arguments:
            raise BadHeader(f"no column has the phone numbers; {_hint('to', names)}")
        if fields is None and "body" not in arguments:
            raise BadHeader(f"no column has the texts; give a text by --body, or {_hint('body', names)}")
        return cls(names, arguments, {name: _field(names, name) for name in fields or ()})

    @property
    def ignored(self) -> list[str]:
        """The headers of the columns that are not used."""
        used = {*self.arguments.values(), *self.fields.values()}
        return [shown(name) for position, name in enumerate(self.names) if name and position not in used]

    def label(self, argument: str) -> str:
        """Return the header of an argument or a field as the file has it, for an error."""
        position = self.arguments.get(argument, self.fields.get(argument))
        return argument if position is None else shown(self.names[position])

    def to_dict(self) -> dict[str, Any]:
        """Return the values for JSON."""
        return {
            "arguments": {name: shown(self.names[position]) for name, position in self.arguments.items()},
            "fields": list(self.fields),
            "ignored": self.ignored,
        }

    def describe(self) -> str:
        """Return how the columns that are used were understood, for people."""
        parts = [
            name if self.names[position] == name else f"{shown(self.names[position])} = {name}"
            for name, position in self.arguments.items()
        ]
        fields = [f"{{{{{name}}}}}" for name in self.fields]
        return ", ".join(parts + fields)


def parse_mapping(texts: Sequence[str]) -> dict[str, str]:
    """Return headers by the argument that they are mapped to.

    Args:
        texts: such as `電話番号=to`.

    Raises:
        BadHeader: a text has another form, names an unknown argument, or maps one again.
    """
    mapped: dict[str, str] = {}
    for text in texts:
        header, _, argument = (part.strip() for part in text.rpartition("="))
        if not header or (argument not in ARGUMENTS and not _keys([argument])):
            raise BadHeader(
                f"--map {shown(text)} must be HEADER=ARGUMENT, with one of {', '.join(ARGUMENTS)}, {METADATA}KEY"
            )
        if argument in mapped:
            raise BadHeader(f"--map names two columns for {argument}")
        mapped[argument] = header
    return mapped


def shown(name: str) -> str:
    """Return a header for a text: short, printable, and masked if it may be a phone number."""
    printable = "".join(character if character.isprintable() else "?" for character in name[:SHOWN_LENGTH])
    return mask(printable) if sum(character.isdigit() for character in name) > LONGEST_DIGITS else printable


def _keys(names: Sequence[str]) -> list[str]:
    """Return the headers that are a key of the metadata."""
    return [name for name in names if name.startswith(METADATA) and name != METADATA]


def _position(names: Sequence[str], argument: str, mapped: str | None) -> int | None:
    """Return the column of an argument, or None if there is none."""
    if mapped is not None:
        found = [position for position, name in enumerate(names) if name == mapped]
        if not found:
            raise BadHeader(f"--map names the column {shown(mapped)}, but the columns are {_list(names)}")
    else:
        known = {_plain(name) for name in (argument, *KNOWN_HEADERS.get(argument, ()))}
        found = [position for position, name in enumerate(names) if _plain(name) in known]
    if len(found) > 1:
        several = " and ".join(shown(names[position]) for position in found)
        raise BadHeader(f"the columns {several} may all be {argument}; choose one: --map HEADER={argument}")
    return found[0] if found else None


def _field(names: Sequence[str], field: str) -> int:
    """Return the column of a field of the template."""
    found = [position for position, name in enumerate(names) if name == field]
    if len(found) != 1:
        problem = "several columns have this name" if found else f"the columns are {_list(names)}"
        raise BadHeader(f"the template has the field {{{{{shown(field)}}}}}, but {problem}")
    return found[0]


def _plain(name: str) -> str:
    """Return a header for a comparison: without differences of width and case."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def _hint(argument: str, names: Sequence[str]) -> str:
    return f"map one, such as --map HEADER={argument}; the first row must name the columns, and it has {_list(names)}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(shown(name) for name in names if name) or "no names"
