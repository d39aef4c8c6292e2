"""Reads the values of settings that are given in files, such as secrets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationInfo


def _checked(path: Path, info: ValidationInfo) -> Path:
    """Refuse a file that cannot be read, unless its setting is given by itself and wins over the file."""
    setting = str(info.field_name).removesuffix("_file")
    if not info.data.get(setting) and read_value(path) is None:
        raise ValueError(f"{path} cannot be read")
    return path


ValueFile = Annotated[Path, AfterValidator(_checked)]
"""A file that holds the value of the setting of the same name without `_file`."""


def with_files(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return settings in which each of these names has its value, or what the file holds that `NAME_file` names.

    A file that cannot be read gives no value here. It is an error of its own setting (`ValueFile`), beside those of
    the other settings.
    """
    read = {name: read_value(values.get(f"{name}_file")) for name in names if not values.get(name)}
    return {**values, **{name: value for name, value in read.items() if value is not None}}


def read_value(path: Path | str | None) -> str | None:
    """Return the text of a file without blanks at its ends. None if there is no file, or if it cannot be read."""
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
