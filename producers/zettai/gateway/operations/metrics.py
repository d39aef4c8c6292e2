"""The metrics of the process."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import PlainTextResponse, Response

from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.operations.operation import Operation


async def metrics(call: ApiCall) -> Response:
    """Return the metrics of this process."""
    return PlainTextResponse(generate_latest(call.api.registry), media_type=CONTENT_TYPE_LATEST)


OPERATIONS = (
    Operation(
        "metrics",
        "GET",
        "/metrics",
        Scope.METRICS,
        metrics,
        "Get metrics",
        "Returns the Prometheus metrics of this process. No label has a client tag, a phone number or a text.",
        {200: ("text/plain", "The metrics in the Prometheus text format.")},
    ),
)
