"""Texts with fields: `{{name}}` stands for a value of each row. `{{{{` and `}}}}` stand for `{{` and `}}`.

This is our own small renderer: Jinja2 would run code that a template contains, and `string.Template` would send a `}}`
that was left over by mistake.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.new_message import ROW_ARGUMENTS
from zettai.core.text import BODY_LENGTH
from zettai.core.validation import iterate

MAX_TEMPLATE_LENGTH = 10_000
"""Characters of a template. Its text has at most 660, but the names of fields may be long."""

_TOKEN = re.compile(r"\{{4}|\}{4}|\{\{(?P<field>[^{}\r\n]*)\}\}|\{\{|\}\}|｛｛|｝｝")

_ESCAPES = {"{{{{": "{{", "}}}}": "}}"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a template."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text with fields.

    Attributes:
        parts: the text between the fields, and the fields, in order.
        fields: the names of the fields in order, each once.
    """

    parts: tuple[str | Field, ...]
    fields: tuple[str, ...]

    @classmethod
    def parse(cls, text: object) -> "Template":
        """Parse a template.

        Example:
            >>> Template.parse("{{name}} 様").render({"name": "山田"})
            '山田 様'

        Raises:
            InvalidMessage: it is no text, empty or too long, or has wrong braces. The error names their position.
        """
        if not isinstance(text, str) or not 0 < len(text) <= MAX_TEMPLATE_LENGTH:
            raise InvalidMessage(
                "template", InvalidValue(InvalidReason.TEMPLATE_LENGTH, longest=f"{MAX_TEMPLATE_LENGTH:,}")
            )
        parts = tuple(_parts(text))
        return cls(parts, tuple(dict.fromkeys(part.name for part in parts if isinstance(part, Field))))

    def render(self, values: Mapping[str, Any]) -> str:
        """Return the text with the values of a row. Braces in a value have no meaning.

        Raises:
            InvalidMessage: a value is missing, empty, or neither a text nor a number. The error names the field.
        """
        return "".join(part if isinstance(part, str) else _value(part.name, values) for part in self.parts)

    def arguments(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of `send` for a row: those that it has, and the text.

        Raises:
            InvalidMessage: the row is no mapping, has a text of its own, or lacks a field.
        """
        if not isinstance(row, Mapping):
            raise InvalidMessage("message", InvalidValue(InvalidReason.NOT_A_MAPPING))
        if "body" in row and "body" not in self.fields:
            raise InvalidMessage("body", InvalidValue(InvalidReason.TEMPLATE_MAKES_BODY))
        # A name that is neither a field nor an argument stays, so that `send` refuses it.
        given = {name: row[name] for name in row if name in ROW_ARGUMENTS or name not in self.fields}
        return {**given, "body": self.render(row)}


def items_of(
    items: Iterable[Any] | None, template: str | None, rows: Iterable[Mapping[str, Any]] | None
) -> Iterator[Any]:
    """Return the messages to record: the items, or for each row its arguments of `send` or its `InvalidMessage`.

    Raises:
        InvalidMessage: there are neither items, nor a template and rows; or the template is not valid, or the items or
            rows are not iterable.
    """
    if items is not None and template is None and rows is None:
        return iterate(items, "items")
    if items is not None or template is None or rows is None:
        raise InvalidMessage("template", InvalidValue(InvalidReason.TEMPLATE_AND_ROWS))
    return _filled(Template.parse(template), iterate(rows, "rows"))


def _filled(template: Template, rows: Iterator[Mapping[str, Any]]) -> Iterator[dict[str, Any] | InvalidMessage]:
    for row in rows:
        try:
            yield template.arguments(row)
        except InvalidMessage as error:
            yield error


def _parts(text: str) -> Iterator[str | Field]:
    end = 0
    for token in _TOKEN.finditer(text):
        yield text[end : token.start()]
        yield _part(token)
        end = token.end()
    yield text[end:]


def _part(token: re.Match[str]) -> str | Field:
    position = token.start() + 1
    if token["field"] is not None:
        name = token["field"].strip()
        if not name:
            raise InvalidMessage("template", InvalidValue(InvalidReason.FIELD_WITHOUT_NAME, position=position))
        return Field(name)
    if token[0] in {"｛｛", "｝｝"}:
        raise InvalidMessage("template", InvalidValue(InvalidReason.FULL_WIDTH_BRACES, position=position))
    if token[0] not in _ESCAPES:
        problem = InvalidValue(InvalidReason.UNPAIRED_BRACES, braces=token[0], position=position)
        raise InvalidMessage("template", problem)
    return _ESCAPES[token[0]]


def _value(name: str, values: Mapping[str, Any]) -> str:
    value = values.get(name)
    if value is None or value == "" or (isinstance(value, str) and value.isspace()):
        raise InvalidMessage(name, InvalidValue(InvalidReason.MISSING_FOR_TEMPLATE))
    is_known = isinstance(value, str | int) or (isinstance(value, float | Decimal) and isfinite(value))
    if isinstance(value, bool) or not is_known:
        raise InvalidMessage(name, InvalidValue(InvalidReason.WRONG_FOR_TEMPLATE, kind=type(value).__name__))
    text = str(value)
    if len(text) > BODY_LENGTH:  # a template can have a field 2,000 times: the text would fill the memory
        raise InvalidMessage(name, InvalidValue(InvalidReason.TOO_LONG, longest=BODY_LENGTH, length=len(text)))
    return text
