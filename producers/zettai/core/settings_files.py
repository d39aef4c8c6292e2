"""Reads the values of settings that are given in files, such as secrets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def with_files(values: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return settings in which each of these names has its value, or what the file holds that `NAME_file` names.

    Raises:
        ValueError: a file cannot be read. The error names the setting.
    """
    found = dict(values)
    for name in names:
        path = found.get(f"{name}_file")
        if path is not None and not found.get(name):
            found[name] = read_file_of(f"{name}_file", path)
    return found


def read_file_of(setting: str, path: Path | str) -> str:
    """Return the text of the file that a setting names, without blanks at its ends.

    Raises:
        ValueError: the file cannot be read. The error names the setting.
    """
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"ZETTAI_{setting.upper()}: {path} cannot be read") from None
