"""A Redis that freezes during a request: the answer names the client tags, so that the request can be repeated safely.

The gateway counts a request for its rate limit before it reads the body. So Redis freezes between the two.
"""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.integration.gateway.given import MESSAGE, Gateway, serving
from tests.support.stack import eventually

from zettai_demo.stack import RedisServer

pytestmark = [pytest.mark.long, pytest.mark.timeout(120)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of this test only."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with RedisServer(folder) as server:
        yield server


@pytest.fixture
def gateway(request: pytest.FixtureRequest, server: RedisServer, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway whose client gives up after 3 seconds, or after the number of seconds that the test asks for."""
    with serving(tmp_path / "log", server.url, CLIENT_TIMEOUT=getattr(request, "param", "3")) as gateway:
        assert gateway.send().status == 201
        yield gateway


def send_to_frozen(gateway: Gateway, server: RedisServer, value: object) -> tuple[int, Any]:
    """Send a request whose body arrives when Redis is frozen. Return the status and the answer."""
    body, rate = json.dumps(value).encode(), gateway.store.keys.rate("sender")
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=60)
    connection.putrequest("POST", "/v1/messages")
    connection.putheader("Authorization", f"Bearer {gateway.keys['sender']}")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    eventually(lambda: gateway.store.redis.exists(rate), "the request is counted")
    with server.frozen():
        connection.send(body)
        answer = connection.getresponse()
        document = json.loads(answer.read())
    connection.close()
    return answer.status, document


@pytest.mark.parametrize("gateway", ["3", "180"], ids=["client", "gateway"], indirect=True)
def test_problem_names_the_tag_that_the_gateway_made(gateway: Gateway, server: RedisServer) -> None:
    """The client gives up first, or the gateway after its own 25 seconds for a request."""
    status, problem = send_to_frozen(gateway, server, MESSAGE)

    assert (status, problem["type"]) == (503, "urn:zettai:problem:ledger-unavailable")
    assert problem["client_tag"]


def test_answer_for_many_messages_names_all_tags(gateway: Gateway, server: RedisServer) -> None:
    status, answer = send_to_frozen(gateway, server, {"messages": [{**MESSAGE, "client_tag": "mine"}, MESSAGE]})

    assert status in {207, 503}
    tags = answer["client_tags"] if status == 503 else [result["problem"]["client_tag"] for result in answer["results"]]
    assert tags[0] == "mine"
    assert tags[1]
