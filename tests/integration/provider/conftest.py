"""What the provider's tests share: odd servers, clients that talk to them, and a message full of secrets."""

import contextlib
import ssl
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from tests.integration.provider.given import CLIENT_ID, MESSAGE, SMS_CODE, TOKEN
from tests.integration.provider.odd_server import Behaviour, Connect, OddServer, Serve, says

from zettai_worker.provider import ProviderClient, SendRequest


@pytest.fixture
def message() -> SendRequest:
    """A message that none of its secrets may leak from."""
    return MESSAGE


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start odd servers, told what to answer or how to behave, and stop them at the end."""
    with contextlib.ExitStack() as stack:

        def start(behaviour: Behaviour | bytes, tls: ssl.SSLContext | None = None) -> OddServer:
            server = OddServer(says(behaviour) if isinstance(behaviour, bytes) else behaviour, tls)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def connect(serve: Serve) -> Iterator[Connect]:
    """Make clients, and close them before the servers stop."""
    with contextlib.ExitStack() as stack:

        def make(base_url: str, **options: Any) -> ProviderClient:
            defaults: dict[str, Any] = {
                "token": SecretStr(TOKEN),
                "client_id": CLIENT_ID,
                "sms_code": SMS_CODE,
                "connect_timeout": timedelta(seconds=10),
                "read_timeout": timedelta(seconds=30),
            }
            client = ProviderClient(base_url=base_url, **defaults | options)
            stack.callback(client.close)
            return client

        yield make
