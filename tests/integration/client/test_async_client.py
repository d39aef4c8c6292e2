"""The async methods of the client on a real server."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from zettai import CancelOutcome, InvalidMessage, LedgerUnavailable, ReplaceOutcome, Settings, SmsClient
from zettai.core.store.scripts import BATCH


@pytest.fixture
def client(redis_url: str) -> Iterator[SmsClient]:
    """A client on an empty server."""
    with SmsClient(Settings.load(redis_url=redis_url)) as client:
        yield client


def guest(number: int) -> dict[str, Any]:
    """Return a message."""
    return {"to": f"0901234{number:04}", "body": "hello", "client_tag": f"guest-{number}", "group": "party"}


def recorded(client: SmsClient) -> int:
    """Return how many messages are recorded."""
    return len(list(client.list(group="party")))


async def guests(count: int, read: list[int] | None = None) -> AsyncIterator[dict[str, Any]]:
    """Yield messages, and note each that was read."""
    for number in range(count):
        if read is not None:
            read.append(number)
        yield guest(number)


def test_send_get_replace_and_cancel_do_the_same_as_the_sync_methods(client: SmsClient) -> None:
    async def journey() -> CancelOutcome:
        message = await client.asend("09012345678", "hello")
        assert await client.aget(message.client_tag) == message
        replacement = await client.areplace(message.client_tag, body="new", client_tag="successor")
        assert (replacement.outcome, replacement.client_tag) == (ReplaceOutcome.REPLACED, "successor")
        return await client.acancel("successor")

    assert asyncio.run(journey()) is CancelOutcome.CANCELED


@pytest.mark.parametrize("count", [0, 1, BATCH, 2 * BATCH + 1])
@pytest.mark.parametrize("is_async", [True, False])
def test_many_messages_have_results_in_order(client: SmsClient, *, count: int, is_async: bool) -> None:
    items = guests(count) if is_async else (guest(number) for number in range(count))

    async def send() -> list[tuple[int | None, str]]:
        return [(one.position, one.message_or_raise().client_tag) async for one in client.asend_many(items)]

    assert asyncio.run(send()) == [(number, f"guest-{number}") for number in range(count)]
    assert recorded(client) == count


def test_invalid_item_does_not_stop_the_others(client: SmsClient) -> None:
    async def send() -> list[bool]:
        return [one.ok async for one in client.asend_many([guest(1), {"to": "1"}, guest(2)])]

    assert asyncio.run(send()) == [True, False, True]


@pytest.mark.parametrize("is_async", [False, True])
def test_template_makes_the_text_of_each_row(client: SmsClient, *, is_async: bool) -> None:
    def row(number: int) -> dict[str, Any]:
        return {"to": f"0901234{number:04}", "group": "party", **({} if number == 1 else {"name": "山田"})}

    async def rows() -> AsyncIterator[dict[str, Any]]:
        for number in range(BATCH + 1):
            yield row(number)

    given = rows() if is_async else map(row, range(BATCH + 1))

    async def send() -> dict[int | None, str]:
        results = [one async for one in client.asend_many(template="{{name}} 様", rows=given)]
        return {one.position: str(one.error) for one in results if not one.ok}

    assert asyncio.run(send()) == {1: "name: is missing or empty, and the template needs it"}
    assert recorded(client) == BATCH


@pytest.mark.parametrize(
    "given", [{}, {"template": "x"}, {"rows": []}, {"items": [], "template": "x"}, {"template": "{{x", "rows": []}]
)
def test_template_that_does_not_fit_is_refused(client: SmsClient, given: dict[str, Any]) -> None:
    async def send() -> None:
        async for _ in client.asend_many(**given):
            pass

    with pytest.raises(InvalidMessage) as refused:
        asyncio.run(send())
    assert refused.value.field == "template"


@pytest.mark.parametrize("given", [{"items": 5}, {"items": "09012345678"}, {"template": "x", "rows": 5}])
def test_what_is_not_iterable_is_refused(client: SmsClient, given: dict[str, Any]) -> None:
    async def send() -> None:
        async for _ in client.asend_many(**given):
            pass

    for call in (lambda: asyncio.run(send()), lambda: list(client.send_many(**given))):
        with pytest.raises(InvalidMessage) as refused:
            call()
        assert (refused.value.field, refused.value.code) == (next(reversed(given)), "not_iterable")


def test_next_batch_is_read_after_the_results_of_the_one_before(client: SmsClient) -> None:
    read: list[int] = []

    async def send() -> None:
        results = client.asend_many(guests(3 * BATCH, read))
        for _ in range(BATCH):
            await anext(results)
            assert len(read) == BATCH
        await anext(results)
        assert len(read) == 2 * BATCH

    asyncio.run(send())
    assert recorded(client) == 2 * BATCH


def test_event_loop_runs_while_a_batch_is_recorded(client: SmsClient) -> None:
    is_running = threading.Event()

    def items() -> Iterator[dict[str, Any]]:
        assert is_running.wait(30), "the event loop is blocked"
        yield guest(1)

    async def send() -> list[bool]:
        asyncio.get_running_loop().call_soon(is_running.set)
        return [one.ok async for one in client.asend_many(items())]

    assert asyncio.run(send()) == [True]


def test_canceled_task_ends_after_its_batch_is_recorded(client: SmsClient) -> None:
    has_begun, may_go_on = threading.Event(), threading.Event()

    def items() -> Iterator[dict[str, Any]]:
        for number in range(3 * BATCH):
            if number == 1:
                has_begun.set()
                assert may_go_on.wait(30)
            yield guest(number)

    async def send() -> None:
        async for _ in client.asend_many(items()):
            pass

    async def cancel() -> None:
        task = asyncio.create_task(send())
        await asyncio.to_thread(has_begun.wait, 30)
        task.cancel()
        asyncio.get_running_loop().call_soon(may_go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert recorded(client) == BATCH


def test_error_of_redis_is_raised() -> None:
    async def send() -> None:
        with SmsClient(Settings.load(redis_url="redis://127.0.0.1:1")) as away:
            async for _ in away.asend_many(guests(1)):
                pass

    with pytest.raises(LedgerUnavailable):
        asyncio.run(send())
