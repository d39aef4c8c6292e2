"""How bytes get to the provider and back: one host, one pool, TLS 1.2 with certificate checks, no detours.

No retries, no redirects, no proxies, no cookies, no `.netrc`. What the bytes mean is not known here.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_NODELAY
from typing import cast
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr
from requests import PreparedRequest, Response
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPConnectionPool, Timeout

from zettai_worker.provider.connection import Call, Gate, GatedHTTPPool, GatedHTTPSPool, current_call
from zettai_worker.provider.failures import explain

LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes of an answer that are read at most: a whole day of statuses fits, a stream without end does not."""

_PIECE = 1024 * 1024

_SOCKET_OPTIONS = [(IPPROTO_TCP, TCP_NODELAY, 1), (SOL_SOCKET, SO_KEEPALIVE, 1)]

_HEADERS = {"User-Agent": "zettai-sms", "Accept": "application/json", "Accept-Encoding": "identity"}

_FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, not yet understood."""

    status: int
    retry_after: str | None
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds that a call may take: to connect, between two bytes, and from the first written to the last read."""

    connect: float
    read: float
    deadline: float


class Transport:
    """One pool of connections to the provider, to be shared by all threads of a process (made after a fork)."""

    def __init__(self, base_url: str, *, timeouts: Timeouts, pool_size: int, ca_file: Path | None) -> None:
        base = _checked(base_url)
        self._root = base.path.rstrip("/")
        headers = {"Host": base.netloc} | _HEADERS
        self._headers = {"GET": CaseInsensitiveDict(headers), "POST": CaseInsensitiveDict(headers | _FORM)}
        self._timeouts = timeouts
        self._timeout = Timeout(connect=timeouts.connect, read=timeouts.read)
        self._adapter = OneHostAdapter(_pool(base, pool_size, ca_file))

    def exchange(self, path: str, encoded: SecretStr, *, gate: Gate, post: bool) -> Reply:
        """Make one request.

        Args:
            path: below the base URL; its last part is the endpoint's name.
            encoded: the form of a POST, the query of a GET.
            gate: asked before the first byte is written.
            post: whether it is a POST.

        Raises:
            ProviderError: no reply came back.
            Exception: what the gate raised, unchanged.
        """
        call = Call(
            gate=gate,
            query="" if post else f"?{encoded.get_secret_value()}",
            read_timeout=self._timeouts.read,
            deadline=self._timeouts.deadline,
        )
        previous = current_call.set(call)
        try:
            return self._send(self._prepare(path, encoded if post else None))
        except Exception as error:  # noqa: BLE001 - whatever the HTTP stack raises, the call knows what was written
            failure = explain(path.rsplit("/", maxsplit=1)[-1], call, error)
        finally:
            current_call.reset(previous)
        raise failure  # here and not above, so that it drags along no other that quotes what was sent

    def close(self) -> None:
        """Close all idle connections; those at work are closed when their call ends."""
        self._adapter.close()

    def _send(self, request: PreparedRequest) -> Reply:
        with self._adapter.send(request, timeout=self._timeout) as response:
            return Reply(response.status_code, response.raw.headers.get("Retry-After"), _body(response))

    def _prepare(self, path: str, form: SecretStr | None) -> PreparedRequest:
        """Make a request without the steps of requests that this provider never needs."""
        request = PreparedRequest()
        request.method = "GET" if form is None else "POST"
        request.url = self._root + path
        request.headers = self._headers[request.method]
        request.body = None if form is None else form.get_secret_value().encode()
        return request


class OneHostAdapter(HTTPAdapter):
    """Sends what requests has prepared through one pool, which knows the host and which certificates to trust.

    No session stands in front of it, since each of its steps is a detour here: redirects, cookies, proxies, `.netrc`.
    """

    def __init__(self, pool: HTTPConnectionPool) -> None:
        super().__init__(max_retries=0)
        self._pool = pool

    def send(  # type: ignore[override]  # the rest of what requests would ask for is the pool's to know
        self, request: PreparedRequest, *, timeout: Timeout
    ) -> Response:
        """Send it, and come back with status and headers (in `raw`); the body is still to be read."""
        raw = self._pool.urlopen(
            str(request.method),
            str(request.url),
            body=cast("bytes | None", request.body),
            headers=cast("Mapping[str, str]", request.headers),
            timeout=timeout,
            retries=self.max_retries,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )
        response = Response()
        response.status_code, response.raw = raw.status, raw
        return response

    def close(self) -> None:
        """Close the pool as well."""
        self._pool.close()
        super().close()


def _checked(base_url: str) -> SplitResult:
    """Refuse what would send the token in the clear or elsewhere."""
    base = urlsplit(base_url)
    if base.username is not None or base.query or base.fragment or not base.hostname or not base.netloc.isascii():
        raise ValueError("the provider's base URL must be a scheme, a host and nothing secret")
    if base.scheme != "https" and not (base.scheme == "http" and _is_loopback(base.hostname)):
        raise ValueError("the provider's base URL must begin with https:// (http:// only for loopback)")
    return base


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _pool(base: SplitResult, size: int, ca_file: Path | None) -> HTTPConnectionPool:
    host = base.hostname or ""
    if base.scheme == "http":
        return GatedHTTPPool(host, base.port, maxsize=size, socket_options=_SOCKET_OPTIONS)
    return GatedHTTPSPool(
        host,
        base.port,
        maxsize=size,
        socket_options=_SOCKET_OPTIONS,
        cert_reqs="CERT_REQUIRED",
        ssl_context=_tls(ca_file),
    )


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    """TLS 1.2 exactly, as the provider's specification demands; certificate and host name are checked."""
    context = ssl.create_default_context(cafile=str(ca_file or DEFAULT_CA_BUNDLE_PATH))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _body(response: Response) -> bytes:
    """Read the answer, up to the largest that is believed in.

    Raises:
        ValueError: there is more.
    """
    body = bytearray()
    while piece := response.raw.read(_PIECE):  # an empty one is the end, or urllib3 says that it came too early
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise ValueError
    return bytes(body)
