"""Sockets that record when their last bytes arrived, by the timestamps of the kernel.

A busy event loop reads late, but the kernel stamps at once. On other systems than Linux there is no timestamp, and the
time of reading is used.
"""

import socket
import struct
import sys
import time
from collections.abc import Iterable

_SO_TIMESTAMPNS = 35  # Linux; the socket module has no name for it. The ancillary message has the same number.
_TIMESPEC = struct.Struct("@qq")
_ANCILLARY = socket.CMSG_SPACE(_TIMESPEC.size)


class StampedSocket(socket.socket):
    """A connection whose receiving methods record the kernel's timestamp of the bytes that they return.

    TCP has no messages: bytes that were read together carry the stamp of the last segment among them.

    Attributes:
        stamp: Microseconds since the epoch when the bytes of the last read arrived.
    """

    stamp: int = 0

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Read, and record the timestamp."""
        data, ancillary, _, _ = self.recvmsg(bufsize, _ANCILLARY, flags)
        self.stamp = _stamp(ancillary)
        return data

    def recv_into(self, buffer: bytearray | memoryview, nbytes: int = 0, flags: int = 0, /) -> int:  # type: ignore[override]
        """Read into a buffer, as asyncio does under TLS, and record the timestamp."""
        view = memoryview(buffer)[: nbytes or None]
        count, ancillary, _, _ = self.recvmsg_into([view], _ANCILLARY, flags)
        self.stamp = _stamp(ancillary)
        return count


class StampingListener(socket.socket):
    """A listening socket whose connections are stamped sockets."""

    @classmethod
    def bound(cls, host: str, port: int) -> "StampingListener":
        """Return a listening socket whose connections have the kernel's timestamps."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = cls(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "linux":
            listener.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)  # accepted sockets inherit it
        listener.bind((host, port))
        return listener

    def accept(self) -> tuple[StampedSocket, object]:
        """Accept as `socket.socket` does, with another class of connection."""
        descriptor, address = self._accept()  # type: ignore[attr-defined]
        return StampedSocket(self.family, self.type, self.proto, fileno=descriptor), address


def _stamp(ancillary: Iterable[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) == _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return int(seconds * 1_000_000 + nanoseconds // 1000)
    return time.time_ns() // 1000
