"""Send a request to the provider and return its reply: one host, one pool, TLS 1.2 with certificate checks.

There are no retries, redirects, proxies, cookies or `.netrc` files. `answers.py` parses the replies.
"""

import ssl
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_NODELAY
from typing import Generic, TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr
from requests import PreparedRequest, Response
from requests.adapters import DEFAULT_CA_BUNDLE_PATH
from urllib3 import HTTPConnectionPool

from zettai_worker.provider.connection import BeforeSend, BeforeSendHTTPPool, BeforeSendHTTPSPool, Call, current_call
from zettai_worker.provider.errors import InvalidAnswer
from zettai_worker.provider.request_errors import error_without_reply
from zettai_worker.provider.session import BeforeSendAdapter, ThreadSessions

Content = TypeVar("Content")

_PIECE = 64 * 1024

_SOCKET_OPTIONS = [(IPPROTO_TCP, TCP_NODELAY, 1), (SOL_SOCKET, SO_KEEPALIVE, 1)]

_HEADERS = {"User-Agent": "zettai-sms", "Accept": "application/json", "Accept-Encoding": "identity"}

_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}


@dataclass(frozen=True, slots=True)
class Reply(Generic[Content]):
    """An HTTP reply: its status, two headers, and what was read from its body if the status is 200."""

    status: int
    retry_after: str | None = None
    date: str | None = None
    content: Content | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to connect, seconds between two bytes, and seconds from the first byte written to the last one read."""

    connect: float
    read: float
    deadline: float


class Transport:
    """One pool of connections to the provider, for all threads of a process. Make it after a fork."""

    def __init__(
        self, base_url: str, *, timeouts: Timeouts, pool_size: int, ca_file: Path | None, on_written: Callable[[], None]
    ) -> None:
        base = _checked(base_url)
        self._base_url = base_url.rstrip("/")
        headers = {"Host": base.netloc} | _HEADERS
        self._headers = {"GET": headers, "POST": headers | _FORM}
        self._prepared: dict[tuple[str, str], PreparedRequest] = {}
        self._timeouts = timeouts
        self._on_written = on_written
        self._adapter = BeforeSendAdapter(_pool(base, pool_size, ca_file))
        self._sessions = ThreadSessions(self._adapter)

    def exchange(
        self,
        path: str,
        encoded: SecretStr,
        *,
        read: Callable[[Iterator[bytes]], Content],
        max_size: int,
        before_send: BeforeSend | None,
        post: bool,
    ) -> Reply[Content]:
        """Make one request and return the reply.

        Args:
            path: the path below the base URL; its last part is the endpoint's name.
            encoded: the form of a POST, the query of a GET.
            read: reads the body, in pieces, if the status is 200. It may raise `InvalidAnswer`.
            max_size: the maximum of bytes in the body.
            before_send: the before-send hook, if there is one.
            post: whether it is a POST.

        Raises:
            ProviderError: no reply came back, or one with an invalid body.
            Exception: what the before-send hook raised, unchanged.
        """
        call = Call(
            before_send=before_send,
            query="" if post else f"?{encoded.get_secret_value()}",
            body=encoded.get_secret_value().encode() if post else None,
            read_timeout=self._timeouts.read,
            deadline=self._timeouts.deadline,
            on_written=self._on_written,
        )
        previous = current_call.set(call)
        try:
            return self._send(self._prepare("POST" if post else "GET", path), read, max_size)
        except Exception as error:  # noqa: BLE001 - whatever requests raises, the call knows what was written
            failure = error_without_reply(path.rsplit("/", maxsplit=1)[-1], call, error)
        finally:
            current_call.reset(previous)
        raise failure  # outside of `except`: requests' own error holds the request, and must not become the context

    def close(self) -> None:
        """Close all idle connections. A connection in use is closed when its call ends."""
        self._adapter.close()

    def _send(
        self, request: PreparedRequest, read: Callable[[Iterator[bytes]], Content], max_size: int
    ) -> Reply[Content]:
        timeout = (self._timeouts.connect, self._timeouts.read)
        with self._sessions.current.send(
            request, stream=True, timeout=timeout, allow_redirects=False, proxies={}
        ) as response:
            status, headers, content = response.status_code, response.headers, None
            if status == HTTPStatus.OK:
                content = read(_pieces(response, max_size))
            else:
                with suppress(InvalidAnswer):  # the status decides; a short body is read, to use the connection again
                    deque(_pieces(response, _PIECE), maxlen=0)
            return Reply(status, headers.get("Retry-After"), headers.get("Date"), content)

    def _prepare(self, method: str, path: str) -> PreparedRequest:
        """Return the request of an endpoint, which all its calls share: what differs between them is in `Call`.

        `Session.prepare_request` would parse the same URL and merge the same headers, cookies and hooks for each call,
        and take 0.13 ms of processor time for it: nearly as much as all the rest of a call.
        """
        request = self._prepared.get((method, path))
        if request is None:
            request = PreparedRequest()
            request.method = method
            request.url = self._base_url + path
            request.headers = self._headers[method]  # type: ignore[assignment]  # a dict, which is faster to copy
            self._prepared[method, path] = request
        return request


def _checked(base_url: str) -> SplitResult:
    """Parse the base URL.

    Raises:
        ValueError: the URL would send the token unencrypted, or contains more than a scheme, a host and a path.
    """
    base = urlsplit(base_url)
    if base.username is not None or base.query or base.fragment or not base.hostname or not base.netloc.isascii():
        raise ValueError("the provider's base URL must be a scheme, a host and a path, without user, query or fragment")
    if base.scheme != "https" and not (base.scheme == "http" and _is_loopback(base.hostname)):
        raise ValueError("the provider's base URL must start with https:// (http:// only for loopback)")
    return base


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _pool(base: SplitResult, size: int, ca_file: Path | None) -> HTTPConnectionPool:
    host = base.hostname or ""
    if base.scheme == "http":
        return BeforeSendHTTPPool(host, base.port, maxsize=size, socket_options=_SOCKET_OPTIONS)
    return BeforeSendHTTPSPool(
        host,
        base.port,
        maxsize=size,
        socket_options=_SOCKET_OPTIONS,
        cert_reqs="CERT_REQUIRED",
        ssl_context=_tls(ca_file),
    )


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context for TLS 1.2 only, as the specification requires. It checks certificate and host name."""
    context = ssl.create_default_context(cafile=str(ca_file or DEFAULT_CA_BUNDLE_PATH))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _pieces(response: Response, max_size: int) -> Iterator[bytes]:
    """Yield the body in pieces.

    Raises:
        InvalidAnswer: it is too large.
    """
    size = 0
    while piece := response.raw.read(_PIECE):  # urllib3 raises an error if the body ends too early
        size += len(piece)
        if size > max_size:
            raise InvalidAnswer(f"the answer has more than {max_size:,} bytes")
        yield piece
        if response.raw.isclosed():
            return  # that was all
