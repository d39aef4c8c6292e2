"""Delivery reports as the provider sends them, and an endpoint that receives them."""

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from threading import Thread
from typing import Any
from urllib.parse import urlencode

from prometheus_client import CollectorRegistry

from zettai.core.delivery_reports.sources import parse_networks
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.gateway.metrics import GatewayMetrics
from zettai.gateway.process import build_apps
from zettai.gateway.server import build_server
from zettai.gateway.settings import GatewaySettings

PATH = "/reports/0123456789abcdef"
NUMBER = "+819012345678"
FORM = "application/x-www-form-urlencoded"

METRICS = GatewayMetrics(CollectorRegistry())
"""Of all endpoints in this process."""


def notification(tag: str, **fields: Any) -> dict[str, Any]:
    """Return a report of a delivery, as in the provider's specification."""
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
    """Return a report without some of its fields."""
    return {name: value for name, value in notification(tag).items() if name not in names}


def as_json(*rows: Any) -> bytes:
    """Return the form with these notifications."""
    return urlencode({"json": json.dumps({"eventNotifications": rows})}).encode()


@dataclass(frozen=True)
class Receiver:
    """A running delivery report endpoint, and its store."""

    port: int
    store: WorkerStore

    def post(self, body: bytes, *, path: str = PATH, method: str = "POST", **headers: str) -> int:
        """Send a form, and return the HTTP status."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {"Content-Type": FORM, **headers})
            return connection.getresponse().status
        finally:
            connection.close()

    def talk(self, request: bytes) -> bytes:
        """Send raw bytes, and return the start of the response."""
        with self.connected() as connection:
            connection.sendall(request)
            return connection.recv(1000)

    def connected(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)


@contextmanager
def receiving(redis_url: str, **overrides: Any) -> Iterator[Receiver]:
    """Serve the delivery report endpoint in a thread of this process."""
    settings = gateway_settings(redis_url, **overrides)
    with ExitStack() as resources:
        store = resources.enter_context(closing(WorkerStore(connect(settings.redis_url), Keys(settings.key_prefix))))
        app, probes = build_apps(settings, METRICS, resources)
        listener = resources.enter_context(closing(socket.create_server(("127.0.0.1", 0))))
        server = build_server(app, probes, parse_networks(settings.report_proxies))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield Receiver(listener.getsockname()[1], store)
        finally:
            server.should_exit = True
            thread.join()


def gateway_settings(redis_url: str, **overrides: Any) -> GatewaySettings:
    """Return the settings of the endpoint."""
    return GatewaySettings.load(**{"redis_url": redis_url, "client_id": "1234", "report_path": PATH, **overrides})


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Count the outcomes of the reports that arrive in the block."""
    found: Counter[str] = Counter()
    before = _outcomes()
    yield found
    found.update(_outcomes() - before)


def _outcomes() -> Counter[str]:
    return Counter(
        {
            sample.labels["outcome"]: int(sample.value)
            for metric in METRICS.registry.collect()
            for sample in metric.samples
            if sample.name == "zettai_reports_total"
        }
    )
