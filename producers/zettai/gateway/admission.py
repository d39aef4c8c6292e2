"""Who may do what, and how often: each request is admitted by its API key before anything of its body is read."""

import math
from dataclasses import dataclass

from starlette.datastructures import Headers

from zettai.gateway.keys import ApiKey, KeyRing, Scope
from zettai.gateway.problems import Kind, Problem
from zettai.gateway.rates import Rates

REALM = 'Bearer realm="zettai"'


@dataclass(frozen=True, slots=True)
class Admission:
    """The door.

    Attributes:
        keys: that are known.
        rates: their limit.
    """

    keys: KeyRing
    rates: Rates

    def key_of(self, headers: Headers) -> ApiKey:
        """Whose request it is.

        Raises:
            Problem: nobody's.
        """
        scheme, _, presented = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not presented.strip():
            detail = "give Authorization: Bearer, and the API key behind it"
            raise Problem(Kind.NO_KEY, detail, headers={"WWW-Authenticate": REALM})
        key = self.keys.find(presented.strip())
        if key is None:
            detail = "nobody has this API key here"
            raise Problem(Kind.NO_KEY, detail, headers={"WWW-Authenticate": f'{REALM}, error="invalid_token"'})
        return key

    def check_scope(self, key: ApiKey, scope: Scope) -> None:
        """See that a key is for this.

        Raises:
            Problem: it is not.
        """
        if scope not in key.scopes:
            header = f'{REALM}, error="insufficient_scope", scope="{scope}"'
            raise Problem(
                Kind.SCOPE_MISSING, f"it needs the scope {scope}", headers={"WWW-Authenticate": header}, scope=scope
            )

    def check_rate(self, key: ApiKey) -> None:
        """Count a request. Blocks.

        Raises:
            Problem: there were too many.
            RedisError: Redis is away.
        """
        wait = self.rates.admit(key.name)
        if wait is not None:
            # In whole seconds, as the header has it.
            seconds = math.ceil(wait.total_seconds())
            raise Problem(Kind.RATE_LIMITED, "ask more slowly", headers={"Retry-After": str(seconds)})
