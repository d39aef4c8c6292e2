"""A clock that a test moves while processes run by it."""

from pathlib import Path

from zettai_demo.stack.launch import OFFSETS


class MovableClock:
    """The clocks of one host, for the processes that are started with it.

    Args:
        path: the file that the processes read; it is created.
        ahead: seconds by which the wall clock is ahead at the start.
    """

    def __init__(self, path: Path, ahead: float = 0.0) -> None:
        self.path = path
        self._wall, self._monotonic = ahead, 0.0
        path.write_bytes(OFFSETS.pack(ahead, 0.0))

    def jump(self, seconds: float) -> None:
        """Move the wall clock, as a wrong time server does."""
        self._wall += seconds
        self._write()

    def suspend(self, seconds: float) -> None:
        """Let the monotonic clock stand still for some seconds that have passed, as on a machine that was suspended."""
        self._monotonic -= seconds
        self._write()

    def _write(self) -> None:
        with self.path.open("r+b") as file:  # the same file: processes have mapped it
            file.write(OFFSETS.pack(self._wall, self._monotonic))
