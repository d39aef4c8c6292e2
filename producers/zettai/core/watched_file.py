"""A file of settings that is read again when it changes, so that a change needs no restart."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Generic, TypeVar

CHECK_EVERY = timedelta(seconds=1)
"""How often the file is looked at."""

Value = TypeVar("Value")


class WatchedFile(Generic[Value]):
    """A file, and what was read from its last good version.

    Attributes:
        value: of the last good version.
        is_outdated: whether the file was changed and could not be read.
    """

    def __init__(self, path: Path, read: Callable[[Path], Value]) -> None:
        """Read the file.

        Args:
            path: the file.
            read: returns what the file has, or raises ValueError.

        Raises:
            ValueError: see `read`.
        """
        self._path = path
        self._read = read
        self._version = self._look()
        self._looked_at = monotonic()
        self.is_outdated = False
        self.value = read(path)

    def read_if_changed(self) -> bool:
        """Read the file again if it was changed or replaced. It is looked at once in a second at most.

        Returns:
            Whether it was read.

        Raises:
            ValueError: it cannot be read. The value stays, and the error is raised once for each change.
        """
        now = monotonic()
        if now - self._looked_at < CHECK_EVERY.total_seconds():
            return False
        self._looked_at = now
        version = self._look()
        if version == self._version:
            return False
        self._version = version
        self.is_outdated = True
        self.value = self._read(self._path)
        self.is_outdated = False
        return True

    def _look(self) -> tuple[int, int, int] | None:
        """Return what differs after the file was changed or replaced. None if there is no file."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
