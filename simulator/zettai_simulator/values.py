"""Reads the values of a fault or a behavior, from decoded JSON or from the options of a command line."""

from collections.abc import Callable, Mapping
from enum import EnumType
from typing import Any


def read_values(values: Mapping[str, Any], readers: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    """Return the values that are not None, read by the reader of their name.

    Raises:
        ValueError: An unknown name or an impossible value. The error names it.
    """
    found = {}
    for name, value in values.items():
        if name not in readers:
            raise ValueError(f"{name} is not one of {', '.join(readers)}")
        reader = readers[name]
        if value is None:
            continue
        try:
            found[name] = reader(value)
        except (ValueError, TypeError):
            choices = f"; choose one of {', '.join(reader)}" if isinstance(reader, EnumType) else ""
            raise ValueError(f"{name} cannot be {value!r}{choices}") from None
    return found
