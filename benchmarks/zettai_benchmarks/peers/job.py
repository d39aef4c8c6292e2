"""What all peers do: the work, and what they are told about the run. Standard library only, since it runs in two venvs.

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
"""How often a message is tried before it is given up."""

LANES = ("urgent", "bulk")
"""From the first to be served to the last."""

_ACCOUNT = {"token": "0123456789abcdef0123456789abcdef", "clientId": "1234", "smsCode": "12345"}
_PREFIX = "PEER_"


class Order(NamedTuple):
    """One message, as it stands in the queue."""

    client_tag: str
    phone_number: str
    message: str

    def to_form(self) -> dict[str, str]:
        """The fields that the provider wants."""
        return {
            **_ACCOUNT,
            "clientTag": self.client_tag,
            "phoneNumber": self.phone_number,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Setup:
    """One run, handed down to the peer's processes in the environment.

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
        """Where messages are posted to."""
        return self.provider_url + PATH

    def to_environment(self) -> dict[str, str]:
        """The variables that `from_environment` reads."""
        return {_PREFIX + name.upper(): str(getattr(self, name)) for name in self.__slots__}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """What the runner has handed down.

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
    """Another try may succeed."""


class RefusedError(Exception):
    """The provider does not want this message, however often it is tried."""


def check(status: int, answer: Mapping[str, Any] | None) -> None:
    """Take an answer for what it is.

    Raises:
        TransientError: The provider is throttling or out of order.
        RefusedError: It says no.
    """
    if status != HTTPStatus.OK or answer is None:
        raise TransientError(f"HTTP status {status}")
    code = answer["responseCode"]
    if code == CODE_OF_SYSTEM_ERROR:
        raise TransientError(f"code {code}")
    if code != CODE_OF_SUCCESS:
        raise RefusedError(f"code {code}")


def orders(count: int, lane: str, run: str) -> Iterator[Order]:
    """So many messages; the tags begin with the lane and the run, so that nobody repeats one."""
    for number in range(count):
        yield Order(f"{lane}-{run}-{number}", f"0905555{number % 10_000:04}", "Your parcel arrives today.")


def in_chunks(items: Iterable[Order], size: int) -> Iterator[list[Order]]:
    """The items in lists of so many."""
    chunk: list[Order] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
