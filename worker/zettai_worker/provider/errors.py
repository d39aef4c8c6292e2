"""The errors of the provider's calls. Each one says whether a byte of the request was written.

    ProviderError
    ├── NotSent         no byte was written: the provider cannot have the request
    ├── Throttled       too many requests (HTTP 429): slow down
    ├── Misconfigured   another HTTP 4xx, or the certificate is not trusted
    ├── Ambiguous       no answer, or one that says nothing
    └── Refused         the answer has a code that is not 0: see `code` and `provider_message`

Only `NotSent`, and `Misconfigured` without an HTTP status, prove that the provider did not take the request. What the
other errors prove depends on the message and its earlier attempts; see `sending/after_attempt.py`.

No error text contains a token, a URL, a phone number, a message or the body of an answer.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import ClassVar

from zettai.core.aossms.codes import ResponseCode, meaning_of

_ACCOUNT_FIELDS = {
    "token": re.compile(r"\btoken\b", re.IGNORECASE),
    "clientId": re.compile(r"\bclient[ _-]?id\b", re.IGNORECASE),
}
"""The fields that all calls of the account share, and how the provider may write their names."""

_SENDER_FIELDS = {"smsCode": re.compile(r"\bsms[ _-]?code\b", re.IGNORECASE)}
"""The field that all messages of one sender code share."""

_SEND_TIME = re.compile(r"schedule[ _-]?time", re.IGNORECASE)
"""The field that holds the time of a reservation, and how the provider may write its name."""

_REFUSED_FIELD: dict[int, str] = {
    ResponseCode.REQUIRED: "Required",
    ResponseCode.INVALID: "Invalid",
    ResponseCode.TOO_LONG: "Too long",
}

_CODES = frozenset(ResponseCode)

_OWN_LABEL = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""The HTTP statuses that are counted one by one. The others are counted by class, such as `http_5xx`."""


class ProviderError(Exception):
    """A call to the provider failed.

    Attributes:
        endpoint: the call's name, such as `mt.json`.
        http_status: the HTTP status, if there was an answer.
        code: the answer's `responseCode`, if there was one.
        throttle: whether the provider asks us to slow down.
        retry_after: how long it asks us to wait, if it says so.
    """

    outcome: ClassVar[str] = "error"
    """The metrics' label for this outcome."""

    def __init__(
        self,
        endpoint: str,
        reason: str,
        *,
        http_status: int | None = None,
        code: int | None = None,
        throttle: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(endpoint, reason)
        self.endpoint = endpoint
        self.reason = reason
        self.http_status = http_status
        self.code = code
        self.throttle = throttle
        self.retry_after = retry_after

    @property
    def sent(self) -> bool:
        """Whether a byte of the request was written, so that the provider may have taken it."""
        return True

    @property
    def kind(self) -> str:
        """What went wrong, such as `HTTP 403` or `code 310`. It is the same for all messages with the same problem."""
        if self.code is not None:
            return f"code {self.code}"
        if self.http_status in {None, HTTPStatus.OK}:
            return self.reason
        return f"HTTP {self.http_status}"

    @property
    def counted_as(self) -> str:
        """The metrics' label for the code. There are only a few, whatever the provider answers."""
        if self.code is not None:
            return str(self.code) if self.code in _CODES else "other"
        if self.http_status is None:
            return "none"
        return f"http_{self.http_status}" if self.http_status in _OWN_LABEL else f"http_{self.http_status // 100}xx"

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}"


class NotSent(ProviderError):  # noqa: N818 - the name states the fact
    """No byte of the request was written."""

    outcome = "not_sent"

    @property
    def sent(self) -> bool:
        """False."""
        return False


class Throttled(ProviderError):  # noqa: N818
    """The provider answered that there are too many requests (HTTP 429)."""

    outcome = "throttled"

    def __init__(self, endpoint: str, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(
            endpoint, reason, http_status=HTTPStatus.TOO_MANY_REQUESTS, throttle=True, retry_after=retry_after
        )


class Misconfigured(ProviderError):  # noqa: N818
    """An HTTP 4xx, or a certificate that is not trusted. It may concern this message only, or our configuration."""

    outcome = "misconfigured"

    @property
    def sent(self) -> bool:
        """Whether there was an answer. An untrusted certificate ends the connection before the first byte."""
        return self.http_status is not None


class Ambiguous(ProviderError):  # noqa: N818
    """The provider did not answer, or its answer does not say whether it took the request."""

    outcome = "ambiguous"


class Refused(ProviderError):  # noqa: N818
    """The provider answered with a code that is not 0.

    Attributes:
        code: the answer's `responseCode`, never 0 and never 500. It may be one that the specification does not have.
        provider_message: the provider's `responseMessage`, with phone numbers and tokens masked.
    """

    outcome = "refused"
    code: int

    def __init__(self, endpoint: str, code: int, provider_message: str) -> None:
        super().__init__(endpoint, f"refused with code {code}, {meaning_of(code)}: {provider_message}", code=code)
        self.args = (endpoint, code, provider_message)
        self.provider_message = provider_message

    @property
    def concerns_account(self) -> bool:
        """Whether the provider refused a field that all calls share, so that every other message would fail too."""
        return _field_in(self.provider_message, _ACCOUNT_FIELDS) is not None

    @property
    def concerns_sender(self) -> bool:
        """Whether the provider refused the sender code, so that every other message from it would fail too."""
        return not self.concerns_account and _field_in(self.provider_message, _SENDER_FIELDS) is not None

    @property
    def concerns_send_time(self) -> bool:
        """Whether the provider refused the time of a reservation: it is in the past by its clock, or too far ahead."""
        return self.code == ResponseCode.PAST or bool(_SEND_TIME.search(self.provider_message))

    @property
    def kind(self) -> str:
        """What was refused, such as `code 310`, or `Invalid token` if other messages share that field."""
        field = _field_in(self.provider_message, _ACCOUNT_FIELDS | _SENDER_FIELDS)
        return super().kind if field is None else f"{_REFUSED_FIELD.get(self.code, super().kind)} {field}"


def _field_in(text: str, fields: Mapping[str, re.Pattern[str]]) -> str | None:
    """Return the first of these fields that a text names, or None."""
    return next((name for name, words in fields.items() if words.search(text)), None)


class InvalidAnswer(Exception):  # noqa: N818
    """The body of an answer is not what the provider's specification says. The client raises `Ambiguous` for it.

    Its text says what is wrong, and quotes nothing of the body.
    """
