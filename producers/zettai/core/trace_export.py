"""Exports the spans of our own processes by OTLP, if `OTEL_` variables ask for it. Applications set up their own."""

import os
from collections.abc import Callable
from threading import Thread

from zettai.core.loggers import get_logger

logger = get_logger("zettai.process")

FLUSH_SECONDS = 3.0
"""How long a process that stops waits until its last spans are exported."""

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def start_trace_export(service: str) -> Callable[[], None]:
    """Start to export spans, and return what ends that. Without the variables, nothing is imported.

    The SDK itself reads its variables, such as `OTEL_SERVICE_NAME` and `OTEL_EXPORTER_OTLP_HEADERS`. A process that
    `opentelemetry-instrument` has started keeps what that has set up.

    Args:
        service: the name of the service, if no variable names it.
    """
    if not _is_wanted():
        return _do_nothing
    try:
        from opentelemetry import trace  # noqa: PLC0415 - the extra `otel`, and only if it is wanted
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        logger.warning("tracing_unavailable", action="install zettai-sms[otel], or unset OTEL_EXPORTER_OTLP_ENDPOINT")
        return _do_nothing
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return _do_nothing
    if "service.name=" not in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", ""):
        os.environ.setdefault("OTEL_SERVICE_NAME", service)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    logger.info("tracing_started", service=os.environ.get("OTEL_SERVICE_NAME"))

    def stop() -> None:
        # The SDK would wait up to 30 seconds for a collector that does not answer.
        ending = Thread(target=provider.shutdown, name="zettai-spans", daemon=True)
        ending.start()
        ending.join(FLUSH_SECONDS)

    return stop


def _is_wanted() -> bool:
    variables = os.environ
    if variables.get("OTEL_SDK_DISABLED", "").lower() == "true" or variables.get("OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(variables.get(name) for name in _ENDPOINTS)


def _do_nothing() -> None:
    """End nothing."""
