"""The errors of the provider's calls. Each class says whether the provider may have taken the request.

    ProviderError
    ├── NotSent              the provider did not take the request: try the same tag again
    │   ├── Throttled        too many requests (HTTP 429): slow down first
    │   └── Misconfigured    wrong token, address, URL or certificate: an operator must correct it
    ├── Ambiguous            taken or not, unknown: look the tag up, or send again with the same tag only
    └── Refused              the provider refused it, finally: see `code` and `provider_message`

No error text contains a token, a URL, a phone number, a message or the body of an answer.
"""

from datetime import timedelta
from http import HTTPStatus
from typing import ClassVar

from zettai.core.aossms.codes import ResponseCode, meaning_of

ACCOUNT_FIELDS = frozenset({"token", "clientId", "smsCode"})
"""The fields that come from the settings, not from a message."""

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

    sent: ClassVar[bool] = True
    """Whether the provider may have taken the request."""

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
    """The provider did not take the request."""

    sent = False
    outcome = "not_sent"


class Throttled(NotSent):
    """The provider rejected the request because there were too many."""

    outcome = "throttled"

    def __init__(self, endpoint: str, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(endpoint, reason, http_status=429, throttle=True, retry_after=retry_after)


class Misconfigured(NotSent):
    """The provider rejects all our requests. A retry fails until an operator corrects the configuration."""

    outcome = "misconfigured"


class Ambiguous(ProviderError):  # noqa: N818
    """The provider may or may not have taken the request."""

    outcome = "ambiguous"


class Refused(ProviderError):  # noqa: N818
    """The provider answered with a refusal.

    Attributes:
        code: the answer's `responseCode`, never 0 and never 500.
        provider_message: the provider's `responseMessage`, with phone numbers and tokens masked.
    """

    sent = False
    outcome = "refused"
    code: int

    def __init__(self, endpoint: str, code: int, provider_message: str) -> None:
        super().__init__(endpoint, f"refused with code {code}, {meaning_of(code)}: {provider_message}", code=code)
        self.args = (endpoint, code, provider_message)
        self.provider_message = provider_message

    @property
    def concerns_account(self) -> bool:
        """Whether the provider refused a field that all calls share, so that every other message would fail too."""
        return not ACCOUNT_FIELDS.isdisjoint(self.provider_message.rstrip(".").split())
