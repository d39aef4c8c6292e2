"""What can go wrong with a call, as classes that answer what the caller must know. Who raises them lives elsewhere.

    ProviderError
    ├── NotSent              the provider did not take the request: the same tag may be tried again
    │   ├── Throttled        too many requests (HTTP 429): slow down first
    │   └── Misconfigured    token, address, URL or certificate: somebody must look before it can work
    ├── Ambiguous            taken or not, nobody knows: look the tag up, or send again with the same tag only
    └── Refused              the provider's own answer, final: `code` and `words` say why

No text here quotes a token, a URL, a phone number, a message or an answer's body.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import ClassVar

from zettai.core.aossms.codes import ResponseCode, meaning_of

ACCOUNT_FIELDS = frozenset({"token", "clientId", "smsCode"})
"""Fields that come from the settings, not from a message."""

_CODES = frozenset(ResponseCode)

_COUNTED_ALONE = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
"""HTTP statuses that each have a meaning of their own here."""


class ProviderError(Exception):
    """A call to the provider did not end in success.

    Attributes:
        endpoint: the call's name, such as `mt.json`.
        http_status: the HTTP status, where there was an answer.
        code: the answer's `responseCode`, where there was one.
        throttle: whether the provider asks us to slow down.
        retry_after: how long it asks us to wait, where it says so.
    """

    sent: ClassVar[bool] = True
    """Whether the provider may have taken the request."""

    outcome: ClassVar[str] = "error"
    """The name under which the outcome is counted."""

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
    def counted_as(self) -> str:
        """The code under which it is counted: one of a few, whatever the provider answers."""
        if self.code is not None:
            return str(self.code) if self.code in _CODES else "other"
        if self.http_status is None:
            return "none"
        return f"http_{self.http_status}" if self.http_status in _COUNTED_ALONE else f"http_{self.http_status // 100}xx"

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.reason}"


class NotSent(ProviderError):  # noqa: N818 - reads as the fact that it states
    """The provider surely did not take the request."""

    sent = False
    outcome = "not_sent"


class Throttled(NotSent):
    """The provider turned the request away because there were too many."""

    outcome = "throttled"

    def __init__(self, endpoint: str, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(endpoint, reason, http_status=429, throttle=True, retry_after=retry_after)


class Misconfigured(NotSent):
    """The provider's door is shut for us: trying again at once changes nothing."""

    outcome = "misconfigured"


class Ambiguous(ProviderError):  # noqa: N818
    """The provider may or may not have taken the request."""

    outcome = "ambiguous"


class Refused(ProviderError):  # noqa: N818
    """The provider answered, and the answer is no.

    Attributes:
        code: the answer's `responseCode`, never 0 and never 500.
        words: the provider's `responseMessage`, with anything like a number or a token masked.
    """

    sent = False
    outcome = "refused"
    code: int

    def __init__(self, endpoint: str, code: int, words: str) -> None:
        super().__init__(endpoint, f"refused with code {code}, {meaning_of(code)}: {words}", code=code)
        self.args = (endpoint, code, words)
        self.words = words

    @property
    def concerns_account(self) -> bool:
        """Whether a field that all calls share is refused, so that no other message would fare better."""
        return not ACCOUNT_FIELDS.isdisjoint(self.words.rstrip(".").split())
