"""The error of a request that got no reply, or an invalid one. `answers.py` has the errors of HTTP answers."""

import ssl
from http import HTTPStatus
from socket import gaierror

from zettai.core.causes import causes
from zettai_worker.provider.connection import Call, Stopped
from zettai_worker.provider.errors import Ambiguous, InvalidAnswer, Misconfigured, NotSent

NOT_SENT_REASONS: dict[type[Exception], str] = {
    Stopped: "the process was stopped just before the first byte",
    gaierror: "the provider's host name was not found",
    ssl.SSLError: "could not establish a TLS 1.2 connection",
    TimeoutError: "the connection took too long to establish",
    ConnectionRefusedError: "the connection was refused",
}
"""Why no byte of a request was written, by what led to it."""


def error_without_reply(endpoint: str, call: Call, error: Exception) -> Exception:
    """Return the error to raise. What was written decides its class, and `error` only its text; it is never quoted."""
    if call.hook_error is not None:
        return call.hook_error
    if isinstance(error, InvalidAnswer):
        return Ambiguous(endpoint, str(error), http_status=HTTPStatus.OK)
    found = tuple(causes(error))
    if call.written_at is not None:
        timed_out = any(isinstance(cause, TimeoutError) for cause in found)
        reason = "no complete answer in time" if timed_out else "the answer was cut off, or is not HTTP"
        return Ambiguous(endpoint, reason)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in found):
        return Misconfigured(endpoint, "the certificate is not trusted; check the URL, the CA file and the clock")
    for kind, reason in NOT_SENT_REASONS.items():
        if any(isinstance(cause, kind) for cause in found):
            return NotSent(endpoint, reason)
    return NotSent(endpoint, "no connection to the provider")
