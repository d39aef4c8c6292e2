"""The API keys in a file. A change of the file applies within a second, without a restart."""

from datetime import timedelta
from pathlib import Path
from time import monotonic

import structlog

from zettai.gateway.api_keys import ApiKey, ApiKeyStore, parse_keys

logger = structlog.get_logger("zettai.gateway")

CHECK_EVERY = timedelta(seconds=1)
"""How often the file is looked at."""


class ApiKeyFile:
    """The API keys of a file, read again when the file changes.

    A file that cannot be read changes nothing: the keys of the last good version stay. An empty file has no keys, so
    every request is refused.
    """

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            ValueError: it cannot be read, an entry is invalid, or it has no keys.
        """
        self._path = path
        self._version = self._look()
        self._looked_at = monotonic()
        self._is_outdated = False
        self._keys = self._read()
        if not len(self._keys):
            raise ValueError("has no keys")

    def find(self, key: str) -> ApiKey | None:
        """Return the stored key, or None if the key is unknown."""
        return self._current().find(key)

    def find_hash(self, digest: str) -> ApiKey | None:
        """Return the stored key with this hash, or None."""
        return self._current().find_hash(digest)

    def has_owner(self, name: str) -> bool:
        """Return whether a name is that of an owner."""
        return self._current().has_owner(name)

    def is_outdated(self) -> bool:
        """Return whether the file was changed and could not be read."""
        self._current()
        return self._is_outdated

    def _current(self) -> ApiKeyStore:
        now = monotonic()
        if now - self._looked_at >= CHECK_EVERY.total_seconds():
            self._looked_at = now
            version = self._look()
            if version != self._version:
                self._version = version
                self._read_again()
        return self._keys

    def _read_again(self) -> None:
        try:
            self._keys = self._read()
        except ValueError as error:
            problem = str(error)  # it names a line, and never its content
        else:
            logger.info("api_keys_read", keys=len(self._keys))
            self._is_outdated = False
            return
        self._is_outdated = True
        logger.error("api_keys_not_read", error=problem, consequence="the previous keys stay valid")

    def _read(self) -> ApiKeyStore:
        try:
            return parse_keys(self._path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            raise ValueError(f"{self._path} cannot be read") from None

    def _look(self) -> tuple[int, int, int] | None:
        """Return what differs after the file was changed or replaced. None if there is no file."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_size, found.st_mtime_ns
