"""The fields of a request or an answer. They hold secrets, so no repr and no traceback with locals shows a value."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote_plus

from pydantic import SecretStr


class SecretFields(Mapping[str, Any]):
    """Read-only fields by name. The repr has the names only.

    Args:
        values: the fields; those that are None are left out.
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __or__(self, more: "SecretFields") -> "SecretFields":
        return SecretFields(self._values | more._values)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"

    def encoded(self) -> SecretStr:
        """Encode the fields, which are texts, as a query or a form: UTF-8, percent-encoded.

        Raises:
            ValueError: a text contains a lone surrogate, which UTF-8 cannot encode.
        """
        try:
            return SecretStr("&".join([f"{name}={_encode(value)}" for name, value in self._values.items()]))
        except UnicodeEncodeError:
            pass  # this error quotes the text, so it must not become the context of the next one
        raise ValueError("a text contains half a character (a lone surrogate), which UTF-8 cannot encode")


def _encode(text: str) -> str:
    """Encode one value. Most are numbers or a token, which stay as they are."""
    return text if text.isascii() and text.isalnum() else quote_plus(text)
