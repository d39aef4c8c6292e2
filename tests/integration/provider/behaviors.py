"""Faults of a server that has received a request. After each of them it is unknown whether it took the request."""

import select
import socket
import struct

from tests.integration.provider.faulty_server import Behavior, http


def client_closed(sock: socket.socket) -> bool:
    """Return whether the client closes the connection within a moment."""
    return bool(select.select([sock], [], [], 0.01)[0])


def cut(sock: socket.socket, _request: bytes) -> None:
    """Close the connection without an answer."""
    sock.shutdown(socket.SHUT_RDWR)


def reset(sock: socket.socket, _request: bytes) -> None:
    """Reset the connection."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def says_then_cuts(reply: bytes) -> Behavior:
    """Return a behavior that sends this reply and closes the connection."""

    def behave(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_RDWR)

    return behave


def trickles(head: bytes) -> Behavior:
    """Return a behavior that sends this start, and then single bytes until the client closes the connection."""

    def behave(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(head)
        while not client_closed(sock):
            sock.sendall(b"x")

    return behave


def floods(head: bytes) -> Behavior:
    """Return a behavior that sends this head and then an endless body."""

    def behave(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(head)
        while True:
            sock.sendall(b" " * 65536)

    return behave


def keeps_silent(sock: socket.socket, _request: bytes) -> None:
    """Send nothing until the client closes the connection."""
    sock.recv(1)


def silent_in_the_middle(sock: socket.socket, request: bytes) -> None:
    """Send half an answer, then nothing."""
    sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"responseCode": 0, ')
    keeps_silent(sock, request)


HTML = b"<html><body>Please try again later. +819012345678</body></html>"

AMBIGUOUS: dict[str, Behavior | bytes] = {
    "cut": cut,
    "reset": reset,
    "cut in the status line": says_then_cuts(b"HTTP/1.1 20"),
    "cut in the headers": says_then_cuts(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "cut in the body": says_then_cuts(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"responseCode": 0}'),
    "cut in a chunk": says_then_cuts(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"responseCode": 0'),
    "no chunk": says_then_cuts(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "no HTTP": says_then_cuts(b"220 mail.example.com ESMTP\r\n"),
    "two lengths": says_then_cuts(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
    "an endless header": says_then_cuts(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70000),
    "too many headers": says_then_cuts(b"HTTP/1.1 200 OK\r\n" + b"X: x\r\n" * 200 + b"\r\n"),
    "no gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "silence": keeps_silent,
    "silence in the body": silent_in_the_middle,
    "a trickling status line": trickles(b"HTTP/1.1 200 "),
    "a trickling header": trickles(b"HTTP/1.1 200 OK\r\nX: "),
    "a trickling body": trickles(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    "a trickling body without a length": trickles(b"HTTP/1.1 200 OK\r\n\r\n"),
    "two codes": http(b'{"responseCode": 110, "responseCode": 0, "status": []}'),
    "two answers": http(b'{"responseCode": 110}{"responseCode": 110}'),
    "UTF-16": http('{"responseCode": 110, "status": []}'.encode("utf-16")),
    "Shift_JIS": http('{"responseCode": 110, "responseMessage": "無効な番号"}'.encode("shift_jis")),
    "deep nesting": http(b"[" * 200_000),
    "5.7 MB of empty lists": http(b'{"responseCode": 110, "status": [' + b"[]," * 1_900_000 + b"[]]}"),
    "another protocol": says_then_cuts(b'HTTP/1.1 101 Switching Protocols\r\n\r\n{"responseCode": 110}'),
    "continue, then nothing": says_then_cuts(b"HTTP/1.1 100 Continue\r\n\r\n"),
}
