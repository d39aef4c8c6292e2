"""A receiver of traces: a real HTTP server that decodes OTLP, as a collector does."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span as ProtoSpan


@dataclass(frozen=True)
class Span:
    """A span as it arrived.

    Attributes:
        context: its trace and its own id.
        parent: the id of its parent, or empty.
        links: the contexts that it is linked to.
        service: the process that recorded it.
    """

    name: str
    service: str
    context: tuple[str, str]
    parent: str
    links: frozenset[tuple[str, str]]
    kind: str
    attributes: dict[str, Any]
    is_error: bool

    @property
    def traceparent(self) -> str:
        trace_id, span_id = self.context
        return f"00-{trace_id}-{span_id}-01"


class TraceReceiver:
    """What arrived.

    Attributes:
        spans: all spans, in the order of arrival.
        bodies: the bodies of all requests, as they arrived.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.bodies: list[bytes] = []

    def linked_to(self, span: Span) -> list[Span]:
        """Return the spans that are linked to a span."""
        return [one for one in self.spans if span.context in one.links]

    def children_of(self, spans: Collection[Span]) -> list[Span]:
        parents = {one.context for one in spans}
        return [one for one in self.spans if (one.context[0], one.parent) in parents]

    def named(self, name: str) -> list[Span]:
        return [one for one in self.spans if one.name == name]

    @contextmanager
    def listen(self) -> Iterator[dict[str, str]]:
        """Receive, and yield the variables that let a process send its spans here at once."""

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append(body)
                receiver.spans += _decoded(body)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        receiver = self
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        server.block_on_close = False
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield {
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{server.server_address[1]}",
                "OTEL_BSP_SCHEDULE_DELAY": "100",
            }
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _decoded(body: bytes) -> Iterator[Span]:
    for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _values(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for span in scope_spans.spans:
                yield Span(
                    name=span.name,
                    service=resource["service.name"],
                    context=(span.trace_id.hex(), span.span_id.hex()),
                    parent=span.parent_span_id.hex(),
                    links=frozenset((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                    kind=ProtoSpan.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_"),
                    attributes=_values(span.attributes),
                    is_error=span.status.code == 2,
                )


def _values(pairs: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
