"""The journal: a file with one line of JSON for each accepted message, written before the call is answered.

It stays when the simulator is killed. The oracle of the demo reads it.
"""

import json
from pathlib import Path
from typing import BinaryIO

from zettai_simulator.messages import Message


class Journal:
    """Appends to a file, or does nothing without one.

    Args:
        path: The file; it is created where it is missing.
    """

    def __init__(self, path: Path | None) -> None:
        self._file: BinaryIO | None = None if path is None else path.open("ab", buffering=0)

    def write(self, message: Message) -> None:
        """Write the line; on return the operating system has it."""
        if self._file is None:
            return
        submission = message.submission
        line = {
            "takenAt": message.taken_at,
            "dueAt": message.due_at,
            "clientTag": submission.client_tag,
            "phoneNumber": submission.phone_number,
            "message": submission.message,
        }
        self._file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
