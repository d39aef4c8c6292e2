"""One request to an endpoint, with a deadline for all of it. There are no redirects, proxies or cookies."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from socket import gaierror
from time import monotonic

from requests.adapters import DEFAULT_CA_BUNDLE_PATH
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ProtocolError

from zettai.core.causes import causes
from zettai_worker.provider.connection import BeforeSendHTTPPool, BeforeSendHTTPSPool, Call, NotWritten, current_call
from zettai_worker.settings import CONNECT_TIMEOUT
from zettai_worker.webhooks.addresses import AddressRefused, resolve
from zettai_worker.webhooks.answers import Outcome, outcome_of
from zettai_worker.webhooks.endpoints import Endpoint

RESOLVED_FOR = 60.0
"""Seconds for which the addresses of a host are used before they are looked up again."""

LARGEST_ANSWER = 16_384
"""Bytes of an answer's body that are read, so that the connection can be used again. Nothing in it is used."""

LARGEST_HEAD = 262_144
"""Bytes of an answer beside its body. One without an end, such as of `100 Continue` lines, would keep the process busy
until its deadline.
"""

_HEADERS = {"User-Agent": "zettai-sms", "Content-Type": "application/json", "Accept-Encoding": "identity"}

_PROBLEMS: dict[type[BaseException], str] = {
    AddressRefused: "address_refused",
    gaierror: "host_not_found",
    ssl.SSLError: "tls",
    TimeoutError: "timeout",
}
"""Causes of a request without an answer. Any other one is `connection`."""

Now = Callable[[], datetime]


class RequestNotAllowed(Exception):  # noqa: N818 - reads as the fact that it states
    """The hook before the first byte refused the request."""


class EndpointRequests:
    """Makes the requests of one endpoint. Safe for threads: each has its own connection of the pool."""

    def __init__(self, endpoint: Endpoint, *, timeout: float, connections: int) -> None:
        """Prepare the requests; nothing is connected yet.

        Args:
            endpoint: the receiver.
            timeout: seconds of a request, from the look-up of the host name to the answer.
            connections: how many are kept open.
        """
        self._endpoint = endpoint
        self._timeout = timeout
        self._connections = connections
        self._url = endpoint.parts
        self._encrypted = self._url.scheme == "https"
        self._host = self._url.hostname or ""
        self._port = self._url.port or (443 if self._encrypted else 80)
        self._target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        self._tls = _tls(endpoint) if self._encrypted else None
        self._pools: dict[str, HTTPConnectionPool] = {}
        self._addresses: Sequence[str] = ()
        self._resolved_at = float("-inf")

    def post(self, body: str, headers: Mapping[str, str], *, may_send: Callable[[], bool], now: Now) -> Outcome:
        """Make a request, and return its outcome.

        Args:
            body: as it was signed.
            headers: the signature.
            may_send: is asked just before the first byte.
            now: the present time, for a `Retry-After` that is a date.

        Raises:
            RequestNotAllowed: `may_send` said no. Nothing was sent.
        """
        attempt = _Attempt(body.encode(), headers, monotonic() + self._timeout, may_send, now)
        try:
            addresses = self._resolve()
            for address in addresses[:-1]:
                with suppress(NewConnectionError, ConnectTimeoutError):  # the next address may be reachable
                    return self._post_to(address, attempt)
            return self._post_to(addresses[-1], attempt)
        except (AddressRefused, NotWritten, HTTPError, OSError) as error:
            self._resolved_at = float("-inf")
            return Outcome(problem=_problem(error))

    def close(self) -> None:
        """Close all connections."""
        for pool in self._pools.values():
            pool.close()

    def _resolve(self) -> Sequence[str]:
        """Return the addresses, each of which is allowed."""
        if monotonic() - self._resolved_at >= RESOLVED_FOR:
            self._addresses = resolve(
                self._host, self._port, allow_private=self._endpoint.allow_private, encrypted=self._encrypted
            )
            self._resolved_at = monotonic()
            # A pool that nothing refers to closes its connections. Otherwise a name that gets new addresses all the
            # time would use up the open files.
            self._pools = {address: pool for address, pool in self._pools.items() if address in self._addresses}
        return self._addresses

    def _post_to(self, address: str, attempt: "_Attempt") -> Outcome:
        """Make a request, and repeat it once: the receiver may have closed a connection that was kept open."""
        try:
            return self._exchange(address, attempt)
        except (NotWritten, ProtocolError):
            return self._exchange(address, attempt)

    def _exchange(self, address: str, attempt: "_Attempt") -> Outcome:
        call = Call(
            before_send=None,
            query="",
            body=attempt.body,
            read_timeout=self._timeout,
            deadline=0.0,
            on_written=lambda: None,
            largest_answer=LARGEST_HEAD + LARGEST_ANSWER,
        )

        def start() -> None:
            if not attempt.may_send():
                raise RequestNotAllowed
            call.deadline = attempt.seconds_left()

        call.before_send = start
        connect = min(CONNECT_TIMEOUT.total_seconds(), attempt.seconds_left())
        previous = current_call.set(call)
        try:
            response = self._pool(address).urlopen(
                "POST",
                self._target,
                headers={"Host": self._url.netloc, **_HEADERS, **attempt.headers},
                timeout=Timeout(connect=connect, read=self._timeout),
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
            )
            _drain(response)
            return outcome_of(response.status, response.headers.get("Retry-After"), attempt.now())
        except NotWritten:
            if isinstance(call.hook_error, RequestNotAllowed | TimeoutError):
                raise call.hook_error from None
            raise
        finally:
            current_call.reset(previous)

    def _pool(self, address: str) -> HTTPConnectionPool:
        """Return the connections to an address. The certificate is checked for the host's name."""
        pools = self._pools
        if address not in pools:
            pools[address] = (
                BeforeSendHTTPPool(address, self._port, maxsize=self._connections)
                if self._tls is None
                else BeforeSendHTTPSPool(
                    address,
                    self._port,
                    maxsize=self._connections,
                    cert_reqs="CERT_REQUIRED",
                    ssl_context=self._tls,
                    server_hostname=self._host,
                )
            )
        return pools[address]


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What is sent, and until when."""

    body: bytes
    headers: Mapping[str, str]
    ends_at: float
    may_send: Callable[[], bool]
    now: Now

    def seconds_left(self) -> float:
        """Return the seconds until the deadline.

        Raises:
            TimeoutError: it is over.
        """
        left = self.ends_at - monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _tls(endpoint: Endpoint) -> ssl.SSLContext:
    """Return a context that checks the certificate and the host name."""
    context = ssl.create_default_context(cafile=str(endpoint.ca_file or DEFAULT_CA_BUNDLE_PATH))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _drain(response: BaseHTTPResponse) -> None:
    """Read a small body, so that the connection can be used again; close the connection of a larger one.

    The status has arrived and decides, so no error of the body counts.
    """
    try:
        rest = response.read(LARGEST_ANSWER)
        if len(rest) < LARGEST_ANSWER:
            response.release_conn()
            return
    except (HTTPError, OSError, ValueError):  # ValueError: http.client, of a chunk with a negative size
        pass
    response.close()


def _problem(error: BaseException) -> str:
    """Return a short name of what went wrong. The text of an error may contain the URL."""
    found = tuple(causes(error))
    return next((name for kind, name in _PROBLEMS.items() if any(isinstance(one, kind) for one in found)), "connection")
