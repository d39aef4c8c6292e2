"""A receiver of webhooks: a real HTTP or HTTPS server whose answers a test chooses."""

import json
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from time import monotonic
from typing import Any

from redis import Redis
from standardwebhooks import Webhook, WebhookVerificationError

from zettai.core.store.keys import Keys
from zettai_worker.webhooks.endpoints import reader_group

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl2bCd3FgH"

Answer = int | tuple[int, Mapping[str, str]]


@dataclass(frozen=True)
class Request:
    """A request that arrived.

    Attributes:
        at: when, on the monotonic clock.
        answer: what the receiver answered.
    """

    headers: Mapping[str, str]
    body: str
    at: float
    answer: int

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.body)["data"]
        return data

    @property
    def tag(self) -> str:
        return str(self.data["client_tag"])

    def verify(self, secret: str = SECRET) -> Any:
        return Webhook(secret).verify(self.body, dict(self.headers))

    def verifies(self, secret: str) -> bool:
        try:
            self.verify(secret)
        except WebhookVerificationError:
            return False
        return True


class Receiver:
    """The requests that arrived, and what the next ones are answered.

    Attributes:
        requests: all of them, in the order of arrival.
        connections: how many were accepted.
        answer: returns the answer for the id and the data of an event. It may wait.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self.answer: Callable[[str, dict[str, Any]], Answer] = lambda _id, _data: 200
        self.url = ""
        self._lock = Lock()
        self._server: _Server | None = None

    @property
    def open_connections(self) -> int:
        """How many connections the client has not closed."""
        return 0 if self._server is None else self._server.open_connections()

    @property
    def accepted(self) -> list[Request]:
        """The requests that were answered with 200."""
        return [one for one in self.requests if one.answer == 200]

    def tags(self) -> set[str]:
        return {one.tag for one in self.accepted}

    def handle(self, headers: Mapping[str, str], body: str) -> tuple[int, Mapping[str, str]]:
        at = monotonic()
        answer = self.answer(headers["webhook-id"], json.loads(body)["data"])
        status, more = answer if isinstance(answer, tuple) else (answer, {})
        with self._lock:
            self.requests.append(Request(headers, body, at, status))
        return status, more

    @contextmanager
    def listen(
        self, port: int = 0, certificate: tuple[Path, Path] | None = None, address: str = "127.0.0.1"
    ) -> Iterator[str]:
        """Accept requests, and yield the URL. After the block connections are refused, and open ones are cut."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                status, more = receiver.handle({k.lower(): v for k, v in self.headers.items()}, body)
                self.send_response(status)
                for name, value in {"Content-Length": "0", **more}.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    receiver.write_body(self.wfile.write)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        receiver = self
        server = self._server = _Server((address, port), Handler)
        server.receiver = self
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.context = context
            scheme = "https"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self.url = f"{scheme}://127.0.0.1:{server.server_address[1]}/events?key=of-the-url"
        try:
            yield self.url
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def write_body(self, write: Callable[[bytes], object]) -> None:
        """Write a body after the headers; by default there is none."""


class _Server(ThreadingHTTPServer):
    """A server that cuts its connections when it is closed, as a process that is killed."""

    receiver: Receiver
    context: ssl.SSLContext | None = None
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._connections: list[Any] = []

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self.receiver.connections += 1
        with suppress(OSError):
            request = request if self.context is None else self.context.wrap_socket(request, server_side=True)
            self._connections.append(request)
            super().process_request_thread(request, client_address)

    def open_connections(self) -> int:
        return sum(one.fileno() >= 0 for one in self._connections)

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass

    def server_close(self) -> None:
        super().server_close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(2)
            connection.close()


def open_group(redis: Redis, keys: Keys, endpoint: str) -> None:
    """Create the group of an endpoint, so that events that happen before the process starts are delivered."""
    redis.xgroup_create(keys.events, reader_group(endpoint), id="0", mkstream=True)


def append(
    redis: Redis, keys: Keys, *tags: str, event_type: str = "delivered", group: str = "", **more: str
) -> list[str]:
    """Append an event for each tag as the scripts do, and return their ids."""
    with redis.pipeline(transaction=False) as pipe:
        for tag in tags:
            fields: dict[Any, Any] = {"type": event_type, "tag": tag, "reason": "", "group": group, **more}
            pipe.xadd(keys.events, fields)
        ids: list[str] = pipe.execute()
    return ids


def table(url: str, *, name: str = "shop", secret: str = f'"{SECRET}"', more: str = "allow_private = true") -> str:
    """Return the table of an endpoint."""
    return f'[{name}]\nurl = "{url}"\nsecret = {secret}\n{more}\n'
