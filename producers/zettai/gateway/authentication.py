"""Authentication by API key, the scopes of a key, and its rate limit. All of it happens before the body is read."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.datastructures import Headers

from zettai.gateway.api_keys import ApiKey, ApiKeys, Scope
from zettai.gateway.problems import Problem, ProblemType
from zettai.gateway.rate_limit import RequestRateLimit

CHALLENGE = 'Bearer realm="zettai"'


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Checks the API key of each request.

    Attributes:
        keys: the known API keys.
        rate_limit: the rate limit of each key.
    """

    keys: ApiKeys
    rate_limit: RequestRateLimit

    def authenticate(self, headers: Headers, host: str | None) -> ApiKey:
        """Return the API key of a request.

        Args:
            headers: of the request.
            host: the address of the client, as the server knows it.

        Raises:
            Problem: the key is missing, malformed, unknown or expired, or may not be used from the address.
        """
        scheme, _, presented = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not presented.strip():
            detail = "Missing or malformed API key. Send the header Authorization: Bearer API_KEY."
            raise Problem(ProblemType.NO_KEY, detail, headers={"WWW-Authenticate": CHALLENGE})
        key = self.keys.find(presented.strip())
        if key is None:
            challenge = f'{CHALLENGE}, error="invalid_token"'
            raise Problem(ProblemType.NO_KEY, "Unknown API key.", headers={"WWW-Authenticate": challenge})
        if key.is_expired(datetime.now(UTC)):
            challenge = f'{CHALLENGE}, error="invalid_token", error_description="expired"'
            raise Problem(ProblemType.NO_KEY, "The API key has expired.", headers={"WWW-Authenticate": challenge})
        if not key.allows(host):
            detail = "This API key may not be used from your address."
            raise Problem(ProblemType.ADDRESS_NOT_ALLOWED, detail)
        return key

    def check_scope(self, key: ApiKey, scope: Scope) -> None:
        """Check that a key has a scope.

        Raises:
            Problem: it does not.
        """
        if scope not in key.scopes:
            challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'
            detail = f"This operation requires the scope {scope}."
            raise Problem(ProblemType.SCOPE_MISSING, detail, headers={"WWW-Authenticate": challenge}, scope=scope)

    def check_rate(self, key: ApiKey) -> None:
        """Count a request against the rate limit of its key. Blocks.

        Raises:
            Problem: the limit is reached.
            RedisError: Redis failed.
        """
        wait = self.rate_limit.count(key.name)
        if wait is not None:
            seconds = math.ceil(wait.total_seconds())
            detail = "Repeat the request after the time in Retry-After."
            raise Problem(ProblemType.RATE_LIMITED, detail, headers={"Retry-After": str(seconds)})
