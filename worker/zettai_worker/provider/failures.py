"""What it means that no reply came back. An HTTP answer of any kind is none of this module's business."""

import ssl
from collections.abc import Iterator
from socket import gaierror

from zettai_worker.provider.connection import Call
from zettai_worker.provider.errors import Ambiguous, Misconfigured, NotSent

_REASONS: dict[type[Exception], str] = {
    gaierror: "the provider's host name was not found",
    ssl.SSLError: "no TLS 1.2 connection came about",
    TimeoutError: "connecting took too long",
    ConnectionRefusedError: "the connection was refused",
}


def explain(endpoint: str, call: Call, error: Exception) -> Exception:
    """Judge by what was written; the exception only gives the wording, and is never quoted."""
    if call.refusal is not None:
        return call.refusal
    origins = tuple(_origins(error))
    if call.written is not None:
        late = any(isinstance(origin, TimeoutError) for origin in origins)
        return Ambiguous(endpoint, "no whole answer in time" if late else "the answer was cut off, endless or not HTTP")
    if any(isinstance(origin, ssl.SSLCertVerificationError) for origin in origins):
        return Misconfigured(endpoint, "the certificate is not trusted; check the URL, the CA file and the clock")
    for kind, reason in _REASONS.items():
        if any(isinstance(origin, kind) for origin in origins):
            return NotSent(endpoint, reason)
    return NotSent(endpoint, "no connection to the provider")


def _origins(error: BaseException | None) -> Iterator[BaseException]:
    """Follow an exception back to where it began."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__
