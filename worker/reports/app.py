"""The HTTP side of delivery reports: an ASGI app. What a report means is decided elsewhere.

The provider wants a 2xx within 10 seconds, or tries 3 more times. So 200 says "do not come again", also for what we
do not believe or do not know: it would be no different next time. 503 says "come again": Redis is away. 400 says that
the body cannot be read at all; should it have been cut on its way, the next try may be whole.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from hmac import compare_digest
from http import HTTPStatus
from time import perf_counter

import structlog
from anyio import CapacityLimiter, to_thread
from pydantic import SecretStr
from redis.exceptions import RedisError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from worker import metrics
from worker.reports.outcomes import Outcome
from worker.reports.reading import Unreadable, read_reports
from worker.reports.recorder import Recorder
from worker.reports.sources import Sources

logger = structlog.get_logger("zettai.reports")

LARGEST_BODY = 1_000_000
"""Bytes: more than a hundred reports, each with a text of 660 wide characters."""

READ_WITHIN = timedelta(seconds=3)
"""For the body to arrive."""

RECORDED_WITHIN = timedelta(seconds=5)
"""For the work on it; together with the reading within the provider's 10 seconds."""

THREADS = 16
"""Requests that are worked on at once; more wait for their turn within the same time."""

CLOSE = {"Connection": "close"}
"""The rest of the body is not awaited."""


def create_app(recorder: Recorder, sources: Sources, path: SecretStr, ping: Callable[[], object]) -> Starlette:
    """Build the app: the secret path takes reports, `/healthz` tells whether Redis answers, all else is not found.

    Args:
        recorder: what takes the reports down.
        sources: from where they are taken.
        path: the secret path, with its slash.
        ping: raises RedisError where Redis is away.
    """
    work = Work()

    async def healthz(_: Request) -> Response:
        try:
            await work.run(ping)
        except HTTPException as error:
            return PlainTextResponse("Redis does not answer\n", error.status_code)
        return PlainTextResponse("ok\n")

    reports = Reports(recorder, sources, path, work)
    return Starlette(routes=[Route("/healthz", healthz), Route("/{path:path}", reports)])


class Work:
    """Runs what blocks in threads, for a bounded time."""

    def __init__(self) -> None:
        self._limiter: CapacityLimiter | None = None

    async def run(self, work: Callable[[], object]) -> None:
        """Run it.

        Raises:
            HTTPException: 503 where Redis is away or too slow.
        """
        if self._limiter is None:
            self._limiter = CapacityLimiter(THREADS)
        try:
            async with asyncio.timeout(RECORDED_WITHIN.total_seconds()):
                await to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)
        except (RedisError, TimeoutError) as error:
            # Its text might quote the URL, and so the password.
            logger.warning("reports_put_off", error=type(error).__name__)
            raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE) from None


class Reports:
    """The endpoint that takes reports; an ASGI app of its own, since its path must be compared in constant time."""

    def __init__(self, recorder: Recorder, sources: Sources, path: SecretStr, work: Work) -> None:
        self._recorder = recorder
        self._sources = sources
        self._path = path.get_secret_value().encode()
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of any method to any path."""
        started = perf_counter()
        try:
            response = await self._answer(Request(scope, receive))
        except HTTPException as refusal:
            response = Response(status_code=refusal.status_code, headers=refusal.headers)
        await response(scope, receive, send)
        metrics.REPORT_ANSWERS.labels(status=response.status_code).observe(perf_counter() - started)

    async def _answer(self, request: Request) -> Response:
        if not compare_digest(str(request.scope["path"]).encode(), self._path):
            raise HTTPException(HTTPStatus.NOT_FOUND, headers=CLOSE)
        if request.method != "POST":
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST", **CLOSE})
        host = request.client.host if request.client else None
        if not self._sources.allow(host):
            logger.warning("report_from_elsewhere", address=host)
            raise HTTPException(HTTPStatus.FORBIDDEN, headers=CLOSE)
        body = await _body(request)
        await self._work.run(lambda: self._take(body))
        return Response()

    def _take(self, body: bytes) -> None:
        try:
            reports = read_reports(body)
        except Unreadable:
            metrics.REPORTS.labels(outcome=Outcome.MALFORMED).inc()
            logger.warning("report_unreadable", part="body")
            raise HTTPException(HTTPStatus.BAD_REQUEST) from None
        self._recorder.record(reports)


async def _body(request: Request) -> bytes:
    """Read a body, but no more of it than is allowed.

    Raises:
        HTTPException: it is too large or too slow, or its sender has gone.
    """
    if int(request.headers.get("content-length", 0)) > LARGEST_BODY:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=CLOSE)
    body = bytearray()
    try:
        async with asyncio.timeout(READ_WITHIN.total_seconds()):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers=CLOSE)
    except TimeoutError:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, headers=CLOSE) from None
    except ClientDisconnect:
        raise HTTPException(HTTPStatus.BAD_REQUEST, headers=CLOSE) from None
    return bytes(body)
