"""The delivery report endpoint, an ASGI app.

The provider expects a 2xx within 10 seconds, otherwise it tries three more times. So:
- 200: all reports were read. Ignored and unknown reports get it too, because a retry would change nothing.
- 400: the body has no reports. It may be truncated, and a retry may be complete.
- 503: Redis does not answer. The provider tries again.
"""

from hmac import compare_digest
from http import HTTPStatus
from time import perf_counter

import structlog
from pydantic import SecretStr
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from zettai.asgi.report_limits import BODY_TIMEOUT, RECORD_TIMEOUT, THREADS
from zettai.asgi.request_body import read_body
from zettai.asgi.thread_pool import ThreadPool
from zettai.core.delivery_reports import MAX_BODY_SIZE, DeliveryReportHandler, Sources, UnreadableReport
from zettai.core.errors import LedgerUnavailable
from zettai.gateway.metrics import GatewayMetrics

logger = structlog.get_logger("zettai.reports")


class DeliveryReportApp:
    """Receives delivery reports under a secret path."""

    def __init__(
        self, handler: DeliveryReportHandler, sources: Sources, path: SecretStr, metrics: GatewayMetrics
    ) -> None:
        """Create the endpoint.

        Args:
            handler: records the reports.
            sources: the addresses that reports may come from.
            path: the secret path, with a leading slash.
            metrics: counts the answers.
        """
        self._handler = handler
        self._sources = sources
        self._path = path.get_secret_value().encode()
        self._metrics = metrics
        self._threads = ThreadPool(threads=THREADS, timeout=RECORD_TIMEOUT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request to the secret path."""
        started = perf_counter()
        try:
            response = await self._handle(Request(scope, receive))
        except HTTPException as error:
            response = Response(status_code=error.status_code, headers=error.headers)
        await response(scope, receive, send)
        self._metrics.report_answers.labels(status=response.status_code).observe(perf_counter() - started)

    def matches(self, path: str) -> bool:
        """Return whether a path is the secret path. The time does not depend on the path."""
        return compare_digest(path.encode(), self._path)

    async def _handle(self, request: Request) -> Response:
        if request.method != "POST":
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})
        host = request.client.host if request.client else None
        if not self._sources.allow(host):
            logger.warning("report_from_disallowed_address", address=host)
            raise HTTPException(HTTPStatus.FORBIDDEN)
        body = await read_body(request, max_size=MAX_BODY_SIZE, timeout=BODY_TIMEOUT)
        try:
            await self._threads.run(lambda: self._handler.handle(body))
        except UnreadableReport:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from None
        except (LedgerUnavailable, TimeoutError) as error:
            logger.warning("reports_not_recorded", error=type(error).__name__)
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE) from None
        return Response()
