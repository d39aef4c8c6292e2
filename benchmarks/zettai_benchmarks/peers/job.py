"""The work of all peers, and the parameters of a run. Standard library only, because it runs in two venvs.

The work is one send: a POST of the form of `mt.json`, and code 0 is success. How it is queued, limited and retried is
what the peers differ in. `bullmq/job.mjs` says the same for Node.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple, Self

PATH = "/p5/api/mt.json"
CODE_OF_SUCCESS, CODE_OF_SYSTEM_ERROR = 0, 500

TIMEOUT = 10.0
"""Seconds that one call may take."""

TRIES = 10
"""How often a message is tried."""

LANES = ("urgent", "bulk")
"""From the highest priority to the lowest."""

_ACCOUNT = {"token": "0123456789abcdef0123456789abcdef", "clientId": "1234", "smsCode": "12345"}
_PREFIX = "PEER_"


class Order(NamedTuple):
    """One message, as it is in the queue."""

    client_tag: str
    phone_number: str
    message: str

    def to_form(self) -> dict[str, str]:
        """Return the form of the request."""
        return {
            **_ACCOUNT,
            "clientTag": self.client_tag,
            "phoneNumber": self.phone_number,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Setup:
    """The parameters of a run, which the peer's processes read from the environment.

    Attributes:
        redis_url: The queue, and what else the peer keeps there.
        provider_url: The simulator.
        limit: Calls a second of all processes together; 0 is no limit.
        processes: How many worker processes share the work.
        concurrency: How many messages each of them has at work at a time.
    """

    redis_url: str
    provider_url: str
    limit: int
    processes: int
    concurrency: int

    @property
    def url(self) -> str:
        """The URL that messages are posted to."""
        return self.provider_url + PATH

    def to_environment(self) -> dict[str, str]:
        """Return the variables that `from_environment` reads."""
        return {_PREFIX + name.upper(): str(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the environment.

        Raises:
            KeyError: The process was not started by the runner.
        """
        given = {name: environment[_PREFIX + name.upper()] for name in cls.__slots__}
        return cls(
            redis_url=given["redis_url"],
            provider_url=given["provider_url"],
            limit=int(given["limit"]),
            processes=int(given["processes"]),
            concurrency=int(given["concurrency"]),
        )


class TransientError(Exception):
    """A retry may succeed."""


class RefusedError(Exception):
    """The provider refuses this message, and a retry would not help."""


def check(status: int, answer: Mapping[str, Any] | None) -> None:
    """Check an answer.

    Raises:
        TransientError: The provider throttles or has an error.
        RefusedError: It refuses the message.
    """
    if status != HTTPStatus.OK or answer is None:
        raise TransientError(f"HTTP status {status}")
    code = answer["responseCode"]
    if code == CODE_OF_SYSTEM_ERROR:
        raise TransientError(f"code {code}")
    if code != CODE_OF_SUCCESS:
        raise RefusedError(f"code {code}")


def orders(count: int, lane: str, run: str) -> Iterator[Order]:
    """Return messages whose client tags begin with the lane and the run, so that none is repeated."""
    for number in range(count):
        yield Order(f"{lane}-{run}-{number}", f"0905555{number % 10_000:04}", "Your parcel arrives today.")


def in_chunks(items: Iterable[Order], size: int) -> Iterator[list[Order]]:
    """Return the items in lists of a given size."""
    chunk: list[Order] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
