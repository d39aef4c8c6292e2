"""Waits for the signals of this process without polling."""

import signal
import socket
from contextlib import ExitStack, suppress
from select import select
from types import FrameType, TracebackType
from typing import Self

STOP = frozenset({signal.SIGTERM, signal.SIGINT})


class Signals:
    """Inside `with`, receives the signals to stop and SIGCHLD, in place of their usual effect.

    Python writes each signal's number into a socket, and `wait` reads it. Child processes inherit none of this.
    """

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._reader, writer = socket.socketpair()
            undo.enter_context(self._reader)
            undo.enter_context(writer)
            for end in (self._reader, writer):
                end.settimeout(0)
            undo.callback(signal.set_wakeup_fd, signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False))
            for number in (*STOP, signal.SIGCHLD):
                undo.callback(signal.signal, number, signal.signal(number, _ignore))
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def wait(self, seconds: float | None) -> list[signal.Signals]:
        """Wait at most so many seconds (None: for ever), and return the signals that arrived."""
        select([self._reader], [], [], seconds)
        with suppress(BlockingIOError):
            return [signal.Signals(number) for number in self._reader.recv(4096)]
        return []


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Do nothing. Python writes to the socket only for signals that have a handler."""
