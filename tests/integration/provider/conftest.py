"""Fixtures of the provider's tests: faulty servers, clients, and a message with secrets."""

import contextlib
import ssl
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from tests.integration.provider.faulty_server import Behavior, Connect, FaultyServer, Serve, says
from tests.integration.provider.given import CLIENT_ID, MESSAGE, SMS_CODE, TOKEN

from zettai_worker.provider import ProviderClient, SendRequest


@pytest.fixture
def message() -> SendRequest:
    """A message whose secrets must not leak."""
    return MESSAGE


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts servers. They are stopped at the end."""
    with contextlib.ExitStack() as stack:

        def start(behavior: Behavior | bytes, tls: ssl.SSLContext | None = None) -> FaultyServer:
            server = FaultyServer(says(behavior) if isinstance(behavior, bytes) else behavior, tls)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def connect(serve: Serve) -> Iterator[Connect]:
    """Return a function that makes clients. They are closed before the servers stop."""
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
