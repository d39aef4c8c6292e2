"""Finds values that a file has twice."""

import sqlite3
from hashlib import blake2b


class FirstRows:
    """Remembers the first row of each value, in about 20 bytes a value.

    A dict would need 100 MB for a million rows. SQLite keeps the table in memory, and nothing is written to disk.
    """

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._database.execute("CREATE TABLE first_rows (value INTEGER PRIMARY KEY, number INTEGER)")

    def earlier(self, kind: str, value: str, number: int) -> int | None:
        """Return the first row with a value, or None if this is the first one.

        Args:
            kind: the column.
            value: the value.
            number: of this row.
        """
        digest = blake2b(f"{kind}\0{value}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        key = int.from_bytes(digest, signed=True)
        if self._database.execute("INSERT OR IGNORE INTO first_rows VALUES (?, ?)", (key, number)).rowcount:
            return None
        [first] = self._database.execute("SELECT number FROM first_rows WHERE value = ?", (key,)).fetchone()
        return int(first)

    def close(self) -> None:
        """Free the memory."""
        self._database.close()
