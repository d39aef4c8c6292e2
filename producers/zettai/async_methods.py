"""The methods of `SmsClient` for async apps. Each calls its sync method in a thread."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Protocol, TypeVar, Unpack

from zettai.core.create_result import CreateResult
from zettai.core.message import CancelOutcome, Message
from zettai.core.new_message import NewMessage
from zettai.core.options import SendOptions
from zettai.core.replacement import Replacement
from zettai.core.store.scripts import BATCH
from zettai.core.validation import iterate

Item = Mapping[str, Any] | NewMessage
"""What `send_many` accepts for one message."""

Answer = TypeVar("Answer")


class SyncMethods(Protocol):
    """The methods of `SmsClient` that are called in a thread."""

    @property
    def send(self) -> Callable[..., Message]:
        """Record a message."""

    @property
    def send_many(self) -> Callable[..., Iterator[CreateResult]]:
        """Record many messages."""

    @property
    def cancel(self) -> Callable[..., CancelOutcome]:
        """Cancel a message."""

    @property
    def replace(self) -> Callable[..., Replacement]:
        """Replace a message."""

    @property
    def get(self) -> Callable[[str], Message | None]:
        """Return a message."""


class AsyncMethods:
    """Part of `SmsClient`."""

    async def asend(self: SyncMethods, to: str, body: str, **options: Unpack[SendOptions]) -> Message:
        """Call `send` in a thread, for async apps."""
        return await asyncio.to_thread(self.send, to, body, **options)

    async def asend_many(
        self: SyncMethods,
        items: Iterable[Item] | AsyncIterable[Item] | None = None,
        *,
        template: str | None = None,
        rows: Iterable[Mapping[str, Any]] | AsyncIterable[Mapping[str, Any]] | None = None,
        durable: bool | None = None,
    ) -> AsyncIterator[CreateResult]:
        """Record many messages in threads, and yield a result for each, in order; see `send_many`.

        The next batch of 500 is read after the results of the batch before it are consumed. A sync iterable is read in
        the threads. If the task is canceled, it waits until the present batch is recorded, and reads no other one.

        Example:
            >>> async def invite(client, guests):
            ...     async for result in client.asend_many(guests):
            ...         print(result.message or result.error)
        """
        count = 0
        source: Iterable[Item] | AsyncIterable[Item] | None = items if rows is None else rows
        next_batch = _batch_reader(() if source is None else source, "items" if rows is None else "rows")

        def record(batch: Iterable[Item]) -> list[CreateResult]:
            given = {"items": None if items is None else batch, "rows": None if rows is None else batch}
            return list(self.send_many(**given, template=template, durable=durable))

        while results := await _in_thread(record, await next_batch()):
            for position, result in enumerate(results, start=count):
                yield result.at(position)
            count += len(results)

    async def acancel(self: SyncMethods, client_tag: str, *, durable: bool | None = None) -> CancelOutcome:
        """Call `cancel` in a thread, for async apps."""
        return await asyncio.to_thread(self.cancel, client_tag, durable=durable)

    async def areplace(
        self: SyncMethods,
        tag: str,
        *,
        send_at: datetime | None = None,
        body: str | None = None,
        client_tag: str | None = None,
        durable: bool | None = None,
    ) -> Replacement:
        """Call `replace` in a thread, for async apps."""
        return await asyncio.to_thread(
            self.replace, tag, send_at=send_at, body=body, client_tag=client_tag, durable=durable
        )

    async def aget(self: SyncMethods, client_tag: str) -> Message | None:
        """Call `get` in a thread, for async apps."""
        return await asyncio.to_thread(self.get, client_tag)


class _BatchReader(Protocol):
    async def __call__(self) -> Iterable[Item]:
        """Return the next items, at most `BATCH`. They are empty at the end."""


def _batch_reader(items: Iterable[Item] | AsyncIterable[Item], argument: str) -> _BatchReader:
    if isinstance(items, AsyncIterable):
        source = aiter(items)

        async def collect() -> list[Item]:
            batch: list[Item] = []
            while len(batch) < BATCH:
                try:
                    batch.append(await anext(source))
                except StopAsyncIteration:
                    break
            return batch

        return collect

    iterator = iterate(items, argument)

    async def take() -> Iterable[Item]:
        return islice(iterator, BATCH)  # read by `send_many`, in the thread

    return take


async def _in_thread(call: Callable[[Iterable[Item]], Answer], batch: Iterable[Item]) -> Answer:
    """Call a function in a thread. If the task is canceled, wait for the thread: it uses the caller's iterator."""
    running = asyncio.ensure_future(asyncio.to_thread(call, batch))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
