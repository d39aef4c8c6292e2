"""Traces by OpenTelemetry: the W3C context that a record keeps, and spans that are linked to it.

This module never imports OpenTelemetry: who has set it up has imported it. So it costs others nothing. Our own
processes set it up in `trace_export.py`.
"""

import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Self

from zettai.core.accounts import account_label
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.new_message import NewMessage

_TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")

_SAMPLED = 1
"""The flag of a context whose spans are recorded."""

MOST_LINKS = 128
"""Links of a span about many messages. SDKs drop further ones by default."""


def checked_traceparent(header: str | None) -> str | None:
    """Return a `traceparent` header. None if it is missing or not valid: the W3C standard says to ignore it then."""
    return header if header is not None and _TRACEPARENT.fullmatch(header) else None


def current_traceparent() -> str | None:
    """Return the context of the application's present span as a `traceparent`. None if there is no span."""
    # Without `_api`, which takes longer, and this runs for each message: who has not set it up has no valid span.
    api = _imported_api()
    return None if api is None else _traceparent_of(api.get_current_span())


@contextmanager
def sending(messages: Sequence[NewMessage]) -> Iterator[Sequence[NewMessage]]:
    """Record a span about the call that records messages. Yield the messages with the context of the span.

    The span continues the context that the first message has. Other contexts are linked. Without OpenTelemetry, each
    message keeps the context that it has.
    """
    api = _api()
    if api is None or not messages:
        yield messages
        return
    first, *others = dict.fromkeys(new.traceparent for new in messages)
    parent = _context_of(api, first)
    manager = _tracer(api).start_as_current_span(
        "SmsClient.send",
        context=None if parent is None else api.set_span_in_context(api.NonRecordingSpan(parent)),
        kind=api.SpanKind.PRODUCER,
        links=[api.Link(context) for one in others[:MOST_LINKS] if (context := _context_of(api, one))],
        attributes=_attributes(messages),
        record_exception=False,
        set_status_on_exception=False,
    )
    with manager as span:
        traceparent = _traceparent_of(span)
        try:
            yield [_with(new, traceparent) for new in messages]
        except Exception as error:
            # Whatever it is, the span says so, and it is raised again.
            _set_error(api, span, error)
            raise


class LinkedSpan:
    """A context manager: a span about recorded messages, linked to the spans that recorded them.

    Messages whose context is not sampled are left out. Without any other, and without OpenTelemetry, it does nothing.
    """

    __slots__ = ("_api", "_exits", "_kind", "_messages", "_name", "_span")

    def __init__(self, name: str, messages: Sequence[Message], *, kind: str = "CONSUMER") -> None:
        """Prepare the span.

        Args:
            name: of the span.
            messages: what it is about.
            kind: the name of an OpenTelemetry `SpanKind`.
        """
        self._messages = [one for one in messages if _is_sampled(one.traceparent)]
        self._api = _api() if self._messages else None
        self._name = name
        self._kind = kind
        self._span: Any = None

    def __enter__(self) -> Self:
        api = self._api
        if api is None:
            return self
        self._exits = ExitStack()
        self._span = self._exits.enter_context(
            _tracer(api).start_as_current_span(
                self._name,
                kind=api.SpanKind[self._kind],
                links=[
                    api.Link(_context_of(api, one.traceparent), {"zettai.client_tag": one.client_tag})
                    for one in self._messages[:MOST_LINKS]
                ],
                attributes=_attributes(self._messages),
                record_exception=False,
                set_status_on_exception=False,
            )
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._span is not None:
            if error is not None:
                _set_error(self._api, self._span, error)
            self._exits.close()

    @property
    def traceparent(self) -> str | None:
        """The context of the span; None without a span."""
        return None if self._span is None else _traceparent_of(self._span)

    def set(self, **attributes: str | int) -> None:
        """Add attributes to the span. Their names get our prefix."""
        if self._span is not None:
            self._span.set_attributes({f"zettai.{name}": value for name, value in attributes.items()})


def record_call(endpoint: str, outcome: str, seconds: float, code: int | None, http_status: int | None) -> None:
    """Record a span about a call to the provider that has just ended, below the present span.

    Args:
        endpoint: of the provider.
        outcome: `success`, or the class of the error.
        seconds: how long it took.
        code: the provider's `responseCode`.
        http_status: the HTTP status, if an answer has come that is not a success.
    """
    api = _imported_api()
    if api is None or not api.get_current_span().is_recording():
        return
    attributes: dict[str, str | int] = {"zettai.outcome": outcome}
    if code is not None:
        attributes["zettai.provider_code"] = code
    if http_status is not None:
        attributes["http.response.status_code"] = http_status
    ended = time.time_ns()
    span = _tracer(api).start_span(
        endpoint, kind=api.SpanKind.CLIENT, attributes=attributes, start_time=ended - int(seconds * 1e9)
    )
    if outcome != "success":
        span.set_status(api.StatusCode.ERROR, outcome)
    span.end(ended)


def _imported_api() -> Any:
    """Return the API of OpenTelemetry if something has imported it."""
    return sys.modules.get("opentelemetry.trace")


def _api() -> Any:
    """Return the API of OpenTelemetry if the process has set it up. The client of Redis imports it, too."""
    api = _imported_api()
    return None if api is None or isinstance(api.get_tracer_provider(), api.ProxyTracerProvider) else api


def _tracer(api: Any) -> Any:
    return api.get_tracer("zettai")


def _is_sampled(traceparent: str | None) -> bool:
    found = None if traceparent is None else _TRACEPARENT.fullmatch(traceparent)
    return found is not None and bool(int(found[3], 16) & _SAMPLED)


def _context_of(api: Any, traceparent: str | None) -> Any:
    found = None if traceparent is None else _TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return None
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    return api.SpanContext(trace_id, span_id, is_remote=True, trace_flags=api.TraceFlags(flags & _SAMPLED))


def _traceparent_of(span: Any) -> str | None:
    context = span.get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags & _SAMPLED:02x}"


def _with(new: NewMessage, traceparent: str | None) -> NewMessage:
    return new if new.traceparent == traceparent else new.model_copy(update={"traceparent": traceparent})


def _set_error(api: Any, span: Any, error: BaseException) -> None:
    """Say that the call failed. The text of an error is left out: it may quote what was sent."""
    span.set_status(api.StatusCode.ERROR, type(error).__name__)


def _attributes(messages: Sequence[NewMessage] | Sequence[Message]) -> dict[str, str | int]:
    """Return what a span says about messages: no number, no text, no metadata."""
    first = messages[0]
    lane: Lane = first.lane
    attributes: dict[str, str | int] = {"zettai.lane": lane.value, "zettai.account": account_label(first.account)}
    if first.group is not None:
        attributes["zettai.group"] = first.group
    if len(messages) == 1:
        return attributes | {"zettai.client_tag": first.client_tag}
    return attributes | {"zettai.messages": len(messages)}
