"""A proxy between the provider and the shops."""

from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Self

from tests.acceptance.examples.shops import SECRET, Shop


class Front:
    """The simulator sends all reports to one URL. This proxy forwards them to one shop at a time."""

    def __init__(self) -> None:
        self.shop: Shop | None = None
        self.answers: list[int] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """Return the URL for the reports."""
        return f"http://127.0.0.1:{self._server.server_port}/sms/reports/{SECRET}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(front) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - self is the request
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Forward the request, and return the response."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert front.shop is not None
                with closing(HTTPConnection("127.0.0.1", front.shop.port, timeout=60)) as onward:
                    onward.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"]})
                    status = onward.getresponse().status
                front.answers.append(status)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing: the path is a secret."""

        return Handler
