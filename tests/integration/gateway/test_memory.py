"""The memory that a request can take, whatever its body has."""

import asyncio
import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from starlette.datastructures import Headers
from tests.integration.gateway.given import MESSAGE, Gateway, serving

from zettai.core.json_bounds import MOST_DEPTH, MOST_FIELDS, MOST_VALUES
from zettai.gateway.api import MAX_BODY_SIZE
from zettai.gateway.big_bodies import MOST_OF_KEY, BigBodies
from zettai.gateway.inputs.messages import MAX_MESSAGES

MEGABYTE = 1_000_000

BIG = 3_700_000
"""Bytes of the bodies with which six requests took 755 MB."""


def unknown_keys() -> bytes:
    return json.dumps({f"k{number}": 1 for number in range(BIG // 14)}).encode()


def nested() -> bytes:
    return b'{"messages":' + b"[" * (BIG - 20)


def many_lists() -> bytes:
    return b'{"messages":[' + b"[]," * (BIG // 3 - 10) + b"[]]}"


def messages_with_unknown_keys() -> bytes:
    keys = {f"k{number}": 1 for number in range(MOST_FIELDS)}
    return json.dumps({"messages": [keys] * 480}).encode()


@pytest.fixture(scope="module")
def own_gateway(tmp_path_factory: pytest.TempPathFactory, gateway_redis: object) -> Iterator[Gateway]:
    """A gateway whose memory no other test uses."""
    log = tmp_path_factory.mktemp("memory") / "log"
    with serving(log, str(gateway_redis.connection_url)) as gateway:  # type: ignore[attr-defined]
        yield gateway


def peak(gateway: Gateway) -> int:
    """Return the most memory that the gateway ever had, in bytes."""
    status = Path(f"/proc/{gateway.process.pid}/status").read_text(encoding="utf-8")
    [kilobytes] = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes) * 1024


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory from /proc")
@pytest.mark.parametrize("body", [unknown_keys, nested, many_lists, messages_with_unknown_keys])
def test_six_big_requests_take_little_memory(own_gateway: Gateway, body: object) -> None:
    document = body()  # type: ignore[operator]
    before = peak(own_gateway)
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: own_gateway.send(document).status, range(6)))

    assert set(answers) <= {400, 207}
    assert peak(own_gateway) - before < 150 * MEGABYTE


def test_few_big_requests_of_a_key_are_handled_at_the_same_time() -> None:
    big, small, chunked = (
        Headers(one)
        for one in ({"content-length": "100001"}, {"content-length": "100"}, {"transfer-encoding": "chunked"})
    )

    async def hold(bodies: BigBodies, holds: AsyncExitStack) -> None:
        for _ in range(MOST_OF_KEY):
            await holds.enter_async_context(bodies.place("web", big))
        for headers, key in ((small, "web"), (big, "other"), (chunked, "other")):
            async with bodies.place(key, headers):
                pass
        waiting = asyncio.ensure_future(holds.enter_async_context(bodies.place("web", chunked)))
        await asyncio.sleep(0)
        assert not waiting.done()
        await holds.pop_all().aclose()
        await waiting

    async def run() -> None:
        async with AsyncExitStack() as holds:
            await hold(BigBodies(), holds)

    asyncio.run(run())


def test_bounds_are_named(own_gateway: Gateway) -> None:
    too_many = own_gateway.send(json.dumps({"messages": [1] * (MOST_VALUES + 1)}).encode())
    too_deep = own_gateway.send(b"[" * (MOST_DEPTH + 1) + b"]" * (MOST_DEPTH + 1))
    too_wide = own_gateway.send({**MESSAGE, **{f"k{number}": 1 for number in range(MOST_FIELDS)}})

    assert [one.problem for one in (too_many, too_deep, too_wide)] == ["malformed-request"] * 3
    assert too_many.json["detail"] == "The body has more than 50,000 values."
    assert too_deep.json["detail"] == "The body has more than 8 objects or lists inside each other."
    assert too_wide.json["detail"] == "The body has an object with more than 100 fields."


def test_biggest_useful_request_is_accepted(own_gateway: Gateway) -> None:
    """Texts full of signs that structure JSON, and all fields."""
    metadata = {f"key {number}": "{[,:" for number in range(10)}
    full = {**MESSAGE, "body": '{"a,[' * 130, "group": "g", "carrier": "au", "category": "c", "metadata": metadata}
    body = json.dumps({"messages": [full] * MAX_MESSAGES}).encode()
    answer = own_gateway.send(body)

    assert len(body) < MAX_BODY_SIZE
    assert (answer.status, answer.json["created"]) == (207, MAX_MESSAGES)


def test_two_sizes_of_one_body_are_refused(own_gateway: Gateway) -> None:
    head = "POST /v1/messages HTTP/1.1", "Host: x", f"Authorization: Bearer {own_gateway.keys['web']}"
    sizes = "Content-Type: application/json", "Content-Length: 5", "Transfer-Encoding: chunked"
    request = "\r\n".join([*head, *sizes, "", "0", "", "GET /healthz HTTP/1.1", "Host: x", "", ""])
    with socket.create_connection(("127.0.0.1", own_gateway.port), timeout=60) as connection:
        connection.sendall(request.encode())
        received = b""
        while part := connection.recv(10_000):
            received += part

    assert received.startswith(b"HTTP/1.1 400")
    assert received.count(b"HTTP/1.1") == 1
    assert b"not both" in received
