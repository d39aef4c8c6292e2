"""The signals of this process as something to wait for, so that nobody polls. What they mean is not known here."""

import signal
import socket
from contextlib import ExitStack, suppress
from select import select
from types import FrameType, TracebackType
from typing import Self

STOP = frozenset({signal.SIGTERM, signal.SIGINT})


class Signals:
    """While entered, the signals to stop and those of children that ended are noted, and do nothing else.

    Python writes each signal's number into a socket that is waited for. Nothing of that is inherited by children.
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
                undo.callback(signal.signal, number, signal.signal(number, _note))
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def wait(self, seconds: float | None) -> list[signal.Signals]:
        """Wait for signals, for so long at most (None: without end), and answer those that came."""
        select([self._reader], [], [], seconds)
        with suppress(BlockingIOError):
            return [signal.Signals(number) for number in self._reader.recv(4096)]
        return []


def _note(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: a handler of our own makes Python write to the socket."""
