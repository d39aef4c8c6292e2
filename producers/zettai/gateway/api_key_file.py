"""The API keys in a file. A change of the file applies within a second, without a restart."""

from pathlib import Path

import structlog

from zettai.core.watched_file import WatchedFile
from zettai.gateway.api_keys import ApiKey, ApiKeyStore, parse_keys

logger = structlog.get_logger("zettai.gateway")


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
        self._file = WatchedFile(path, _read)
        if not len(self._file.value):
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
        return self._file.is_outdated

    def _current(self) -> ApiKeyStore:
        try:
            if self._file.read_if_changed():
                logger.info("api_keys_read", keys=len(self._file.value))
        except ValueError as error:  # it names a line, and never its content
            logger.error("api_keys_not_read", error=str(error), consequence="the previous keys stay valid")  # noqa: TRY400
        return self._file.value


def _read(path: Path) -> ApiKeyStore:
    try:
        return parse_keys(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ValueError(f"{path} cannot be read") from None
