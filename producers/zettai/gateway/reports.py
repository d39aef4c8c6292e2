"""The HTTP side of delivery reports: an ASGI app. What a report means is decided elsewhere.

The provider wants a 2xx within 10 seconds, or tries 3 more times. So 200 says "do not come again", also for what we
do not believe or do not know: it would be no different next time. 503 says "come again": Redis is away. 400 says that
the body cannot be read at all; should it have been cut on its way, the next try may be whole.
"""

from collections.abc import Callable
from datetime import timedelta
from hmac import compare_digest
from http import HTTPStatus
from time import perf_counter
from typing import TypeVar

import structlog
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from zettai.core.delivery_reports import MAX_BODY_SIZE, DeliveryReportHandler, Sources, UnreadableReport
from zettai.core.errors import LedgerUnavailable
from zettai.gateway import metrics
from zettai.gateway.bodies import CLOSE, read_body
from zettai.gateway.work import Work

logger = structlog.get_logger("zettai.reports")

READ_WITHIN = timedelta(seconds=3)
"""For the body to arrive."""

RECORDED_WITHIN = timedelta(seconds=5)
"""For the work on it; together with the reading within the provider's 10 seconds."""

THREADS = 16
"""Requests that are worked on at once."""

Answer = TypeVar("Answer")


def create_receiver(reports: "Reports") -> Starlette:
    """Build the receiver alone: the secret path, `/healthz` that tells whether Redis answers, all else is not found."""

    async def healthz(_: Request) -> Response:
        try:
            await reports.ping()
        except HTTPException as error:
            return PlainTextResponse("Redis does not answer\n", error.status_code)
        return PlainTextResponse("ok\n")

    return Starlette(routes=[Route("/healthz", healthz), Route("/{path:path}", reports)])


class Reports:
    """The endpoint that takes reports; an ASGI app of its own, since its path must be compared in constant time."""

    def __init__(self, handler: DeliveryReportHandler, sources: Sources, path: SecretStr) -> None:
        """Build it.

        Args:
            handler: what takes the reports down.
            sources: from where they are taken.
            path: the secret path, with its slash.
        """
        self._handler = handler
        self._sources = sources
        self._path = path.get_secret_value().encode()
        self._work = Work(threads=THREADS, within=RECORDED_WITHIN)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of any method to any path."""
        started = perf_counter()
        try:
            response = await self._answer(Request(scope, receive))
        except HTTPException as refusal:
            response = Response(status_code=refusal.status_code, headers=refusal.headers)
        await response(scope, receive, send)
        metrics.REPORT_ANSWERS.labels(status=response.status_code).observe(perf_counter() - started)

    def is_path(self, path: str) -> bool:
        """Whether this is the secret path, by a comparison that does not tell how much of it is right."""
        return compare_digest(path.encode(), self._path)

    async def ping(self) -> None:
        """See whether Redis answers.

        Raises:
            HTTPException: 503 where it does not.
        """
        await self._run(self._handler.ping)

    async def _answer(self, request: Request) -> Response:
        if not self.is_path(str(request.scope["path"])):
            raise HTTPException(HTTPStatus.NOT_FOUND, headers=CLOSE)
        if request.method != "POST":
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST", **CLOSE})
        host = request.client.host if request.client else None
        if not self._sources.allow(host):
            logger.warning("report_from_disallowed_address", address=host)
            raise HTTPException(HTTPStatus.FORBIDDEN, headers=CLOSE)
        body = await read_body(request, largest=MAX_BODY_SIZE, within=READ_WITHIN)
        try:
            await self._run(lambda: self._handler.handle(body))
        except UnreadableReport:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from None
        return Response()

    async def _run(self, work: Callable[[], Answer]) -> Answer:
        try:
            return await self._work.run(work)
        except (LedgerUnavailable, TimeoutError) as error:
            logger.warning("reports_not_recorded", error=type(error).__name__)
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE) from None
