"""What the simulated provider really did, and the levers that the real one lacks: its control API over HTTP."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from types import TracebackType
from typing import Any, Self

import requests

PATIENCE = 20.0
"""Seconds for one control call."""

PAGE = 1000
"""Messages of the truth that are read at once."""


class FinalStatus(IntEnum):
    """The provider's `statusId` of a message that came to its end."""

    DELIVERED = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """A message as the provider took it.

    Attributes:
        sent: it went to the carrier; otherwise its reservation stands, or was canceled.
        canceled: its reservation was canceled.
        final_status: the last `statusId` that it has or will have.
        taken_at: seconds since the epoch.
        requests: how many requests to send it came in.
    """

    client_tag: str
    to: str = field(repr=False)
    body: str = field(repr=False)
    sent: bool
    canceled: bool
    final_status: int
    taken_at: float
    requests: int

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read one message of `GET truth`."""
        return cls(
            client_tag=values["clientTag"] or "",
            to=values["phoneNumber"],
            body=values["message"],
            sent=values["state"] == "sent",
            canceled=values["state"] == "cancelled",
            final_status=values["finalStatusId"],
            taken_at=values["takenAt"] / 1e6,
            requests=values["requests"],
        )


class Provider:
    """The control API of a running simulator. Not safe to share between threads."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/simulator"
        self._session = requests.Session()
        self._session.trust_env = False

    def taken(self, start: int = 0) -> Iterator[Taken]:
        """The messages taken, in that order, leaving out the first ones."""
        offset: int | None = start
        while offset is not None:
            page = self._call("GET", f"truth?offset={offset}&limit={PAGE}")
            yield from map(Taken.from_json, page["messages"])
            offset = page["next"]

    def arrivals(self, since: int = 0) -> list[int]:
        """When API calls came in, from an instant on: microseconds since the epoch."""
        return sorted(self._call("GET", f"arrivals?since={since}")["instants"])

    def answers(self) -> dict[str, int]:
        """How requests to send were answered: by response code, or by what went wrong."""
        return dict(self._call("GET", "stats")["calls"].get("mt", {}))

    def set_faults(self, faults: Sequence[Mapping[str, object]]) -> None:
        """Make things go wrong from now on, or (with none) go well."""
        self._call("PUT", "faults", list(faults))

    def make_due(self, client_tags: Iterable[str]) -> list[str]:
        """Send reservations before their time; answers which."""
        return list(self._call("POST", "reservations/due", {"clientTags": list(client_tags)})["clientTags"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body)
        answer = self._session.request(method, f"{self._url}/{path}", data=data, timeout=PATIENCE)
        answer.raise_for_status()
        return answer.json()
