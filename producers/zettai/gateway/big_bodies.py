"""A bound for the memory of bodies: only a few big requests of an API key are read and handled at the same time."""

import asyncio
from collections import defaultdict
from contextlib import AbstractAsyncContextManager, nullcontext

from starlette.datastructures import Headers

MOST_OF_KEY = 8
"""Big requests of one API key at the same time. Further ones wait; the requests of other keys do not."""

SMALL = 100_000
"""Bytes. A smaller body takes no place."""


class BigBodies:
    """The places for big requests, by the name of the API key."""

    def __init__(self) -> None:
        self._places: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(MOST_OF_KEY))

    def place(self, key: str, headers: Headers) -> AbstractAsyncContextManager[object]:
        """Return what a request holds while it is read and handled. A body of unknown size counts as big."""
        is_small = "transfer-encoding" not in headers and int(headers.get("content-length", 0)) <= SMALL
        return nullcontext() if is_small else self._places[key]
