"""Files of suppressed numbers: lists as other systems write them, and our own exports.

An export has hashes in place of numbers. The name of its first column has the fingerprint of their key, so that an
import with another key is refused.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import typer

from zettai.core.phone_numbers import normalize
from zettai.core.store.suppressions import HashedNumber
from zettai.core.validation import checked_creator, checked_name
from zettai_cli.shared.language import say
from zettai_cli.shared.parsing import time_with_zone

NUMBER_COLUMNS = ("number", "to", "phone", "phone_number", "電話番号", "携帯電話番号", "携帯番号", "tel")
"""Names of the column of numbers."""

HASH_COLUMN = "hash_by_"
"""The beginning of the first column's name in an export. The fingerprint of the key follows."""

EXPORTED = ("scope", "since", "source", "owner")

WITHOUT_OWNER = EXPORTED[:-1]
"""The columns of an export by an older version."""

_HASH = re.compile(r"[A-Za-z0-9_-]{22}")


class BadFile(ValueError):  # noqa: N818 - it names the fact
    """The file does not have the columns of a list of numbers."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: a number, or a hash of an export, or why it is neither.

    Attributes:
        line: its number in the file, from 1.
        arguments: of `Suppressions.add`.
        hashed: the entry of an export.
        problem: what is wrong. Numbers are masked.
    """

    line: int
    arguments: Mapping[str, str] | None = None
    hashed: HashedNumber | None = None
    problem: str | None = None


def read_lines(rows: Iterator[tuple[int, Sequence[str]]], fingerprint: str) -> Iterator[Line]:
    """Yield the lines of a file one by one.

    The first line may name the columns: `number` (or another name of it), `scope` and `source`. Without such a line,
    the first column has the numbers.

    Args:
        rows: of the file, with their numbers.
        fingerprint: of the key, which the hashes of an export must have.

    Raises:
        BadFile: the columns are unknown, or the hashes were made with another key.
        UnreadableFile: the next row cannot be read.
    """
    number, cells = next(rows, (1, []))
    first = [cell.strip() for cell in cells]
    if first and first[0].startswith(HASH_COLUMN):
        _check_export(first, fingerprint)
        yield from (_hashed_line(number, cells) for number, cells in rows)
        return
    header = _header(first)
    if header is None:
        header = ["number"]
        yield _numbered_line(number, header, first)
    yield from (_numbered_line(number, header, cells) for number, cells in rows)


def exported_rows(numbers: Iterable[HashedNumber], fingerprint: str) -> Iterator[Sequence[str]]:
    """Yield the rows of an export, with its header."""
    yield f"{HASH_COLUMN}{fingerprint}", *EXPORTED
    for one in numbers:
        yield one.hash, one.scope, one.since.isoformat() if one.since else "", one.source or "", one.owner or ""


def _check_export(first: Sequence[str], fingerprint: str) -> None:
    if tuple(first[1:]) not in {EXPORTED, WITHOUT_OWNER}:
        raise BadFile(
            say(
                "an export has the columns {hashes}…, {listed}",
                hashes=HASH_COLUMN,
                listed=", ".join(EXPORTED),
            )
        )
    key = first[0].removeprefix(HASH_COLUMN)
    if key != fingerprint:
        raise BadFile(
            say(
                "its hashes were made with the key {key}, but ZETTAI_SUPPRESSION_KEY has the fingerprint "
                "{fingerprint}; hashes cannot be converted: import the numbers",
                key=key,
                fingerprint=fingerprint,
            )
        )


def _header(first: Sequence[str]) -> list[str] | None:
    """Return the columns that the first line names. None if it has a number already."""
    names = [name.lower() for name in first]
    known = [name for name in names if name in NUMBER_COLUMNS]
    if not known:
        if first and _is_number(first[0]):
            return None
        raise BadFile(
            say(
                "the first line must have a number, or name the columns (number, {listed})",
                listed=", ".join(WITHOUT_OWNER[::2]),
            )
        )
    return ["number" if name == known[0] else name for name in names]


def _is_number(text: str) -> bool:
    try:
        normalize(text, may_lack_zero=True)
    except ValueError:
        return False
    return True


def _numbered_line(line: int, header: Sequence[str], cells: Sequence[str]) -> Line:
    given = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
    arguments = {name: given[name] for name in ("number", "scope", "source") if given.get(name)}
    if "number" not in arguments:
        return Line(line, problem="number: is missing")
    try:
        return Line(line, arguments={**arguments, "number": normalize(arguments["number"], may_lack_zero=True)})
    except ValueError as error:
        return Line(line, problem=f"number: {error}")


def _hashed_line(line: int, cells: Sequence[str]) -> Line:
    try:
        number_hash, scope, since, source, *rest = (cell.strip() for cell in cells)
        [owner] = rest or [""]
        hashed = HashedNumber(
            number_hash,
            checked_name(scope),
            checked_name(source) if source else None,
            time_with_zone(since),
            checked_creator(owner) if owner else None,
        )
    except (ValueError, typer.BadParameter):
        hashed = None
    if hashed is None or not _HASH.fullmatch(hashed.hash):
        return Line(line, problem="is not a line of an export")
    return Line(line, hashed=hashed)
