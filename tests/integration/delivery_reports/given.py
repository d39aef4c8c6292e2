"""Reports as the provider pushes them, and a receiver that takes them."""

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from prometheus_client import REGISTRY

from zettai.core.delivery_reports.sources import parse_networks
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.gateway.reports import create_receiver
from zettai.gateway.server import build_handler, build_reports, build_server
from zettai.gateway.settings import GatewaySettings

PATH = "/reports/0123456789abcdef"
NUMBER = "+819012345678"
FORM = "application/x-www-form-urlencoded"


def notification(tag: str, **fields: Any) -> dict[str, Any]:
    """A report of a delivery, as the specification shows it."""
    return {
        "type": "DLR",
        "dateTime": "2030/01/02 03:04:05",
        "messageId": "000000000001",
        "phoneNumber": NUMBER,
        "smsCode": 12345,
        "carrierId": "103",
        "carrierName": "docomo",
        "messageText": "hello",
        "clientId": "1234",
        "clientTag": tag,
        "statusId": "2",
        "statusDescription": "Delivered",
        "detailedStatusId": "00000",
        "separatedSuccessCount": 1,
        **fields,
    }


def without(tag: str, *names: str) -> dict[str, Any]:
    """The same, with fields missing."""
    return {name: value for name, value in notification(tag).items() if name not in names}


def as_json(*rows: Any) -> bytes:
    """The form that carries these notifications."""
    return urlencode({"json": json.dumps({"eventNotifications": rows})}).encode()


@dataclass(frozen=True)
class Receiver:
    """A receiver that listens, and the store that it writes into."""

    port: int
    store: WorkerStore

    def post(self, body: bytes, *, path: str = PATH, method: str = "POST", **headers: str) -> int:
        """Push a form; answers the HTTP status."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {"Content-Type": FORM, **headers})
            return connection.getresponse().status
        finally:
            connection.close()

    def talk(self, request: bytes) -> bytes:
        """Send bytes as they are; answers the head of what comes back."""
        with self.connected() as connection:
            connection.sendall(request)
            return connection.recv(1000)

    def connected(self) -> socket.socket:
        """A connection of one's own."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


@contextmanager
def receiving(redis_url: str, **overrides: Any) -> Iterator[Receiver]:
    """A receiver in a thread of this process, as uvicorn serves it in one of its own."""
    settings = gateway_settings(redis_url, **overrides)
    store = WorkerStore(connect(settings.redis_url), Keys(settings.key_prefix))
    handler = build_handler(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_receiver(build_reports(settings, handler))
    uvicorn = build_server(app, parse_networks(settings.report_proxies))
    thread = Thread(target=uvicorn.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not uvicorn.started:
            time.sleep(0.01)
        yield Receiver(listener.getsockname()[1], store)
    finally:
        uvicorn.should_exit = True
        thread.join()
        listener.close()
        handler.close()
        store.close()


def gateway_settings(redis_url: str, **overrides: Any) -> GatewaySettings:
    """The settings of a receiver."""
    return GatewaySettings.load(**{"redis_url": redis_url, "client_id": "1234", "report_path": PATH, **overrides})


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Count outcomes; those of the block are there when it has ended."""
    found: Counter[str] = Counter()
    before = _outcomes()
    yield found
    found.update(_outcomes() - before)


def _outcomes() -> Counter[str]:
    return Counter(
        {
            sample.labels["outcome"]: int(sample.value)
            for metric in REGISTRY.collect()
            for sample in metric.samples
            if sample.name == "zettai_reports_total"
        }
    )
