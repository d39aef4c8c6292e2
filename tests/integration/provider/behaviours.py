"""How an odd server misbehaves once it has a request. Everything here leaves open whether the request was taken."""

import select
import socket
import struct

from tests.integration.provider.odd_server import Behaviour


def hung_up(sock: socket.socket) -> bool:
    """Whether the client is gone, with a moment for it to go."""
    return bool(select.select([sock], [], [], 0.01)[0])


def cut(sock: socket.socket, _request: bytes) -> None:
    """End the connection without a word."""
    sock.shutdown(socket.SHUT_RDWR)


def reset(sock: socket.socket, _request: bytes) -> None:
    """Tear the connection down."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def says_then_cuts(reply: bytes) -> Behaviour:
    """Answer and end the connection."""

    def behave(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(reply)
        sock.shutdown(socket.SHUT_RDWR)

    return behave


def trickles(head: bytes) -> Behaviour:
    """Begin well, then send byte after byte until the client has enough."""

    def behave(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(head)
        while not hung_up(sock):
            sock.sendall(b"x")

    return behave


def floods(head: bytes) -> Behaviour:
    """Send a body without end, as fast as possible."""

    def behave(sock: socket.socket, _request: bytes) -> None:
        sock.sendall(head)
        while True:
            sock.sendall(b" " * 65536)

    return behave


def keeps_silent(sock: socket.socket, _request: bytes) -> None:
    """Say nothing until the client hangs up."""
    sock.recv(1)


def silent_in_the_middle(sock: socket.socket, request: bytes) -> None:
    """Say half an answer."""
    sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"responseCode": 0, ')
    keeps_silent(sock, request)


HTML = b"<html><body>Please try again later. +819012345678</body></html>"

AMBIGUOUS: dict[str, Behaviour | bytes] = {
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
}
