"""For FastAPI: `lifespan`, the dependency `Sms`, and the router `reports`; see docs/how-to/fastapi.md."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, TypedDict

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from zettai.asgi.report_limits import BODY_TIMEOUT, RECORD_TIMEOUT, THREADS
from zettai.asgi.request_body import read_body
from zettai.asgi.thread_pool import ThreadPool
from zettai.client import SmsClient
from zettai.contrib.framework import DeliveryReportEndpoint, FrameworkSettings, PerProcess
from zettai.core.delivery_reports import MAX_BODY_SIZE
from zettai.core.loggers import get_logger

logger = get_logger("zettai.reports")


class _Zettai:
    """The client and the delivery report endpoint of an app."""

    def __init__(self, settings: FrameworkSettings) -> None:
        self.client = settings.build_client()
        self.endpoint = PerProcess(lambda: DeliveryReportEndpoint(settings))
        self.report_threads = ThreadPool(threads=THREADS, timeout=RECORD_TIMEOUT)

    def close(self) -> None:
        self.client.close()
        self.endpoint.close()


class LifespanState(TypedDict):
    """What `lifespan` adds to the state of each request."""

    zettai: _Zettai


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[LifespanState]:
    """Open the client when the app starts, and close it when the app stops. Settings come from the environment.

    A route for delivery reports without `ZETTAI_REPORT_SECRET` is logged.

    An app with its own lifespan wraps this one: `async with lifespan(app) as state: yield {**state, …}`.

    Raises:
        SettingsError: a setting is missing or invalid. The message is one line and names it.
        DurabilityUnavailable: all messages must be durable, but Redis cannot confirm it.
    """
    settings = FrameworkSettings.load()
    if settings.report_secret is None and _has_reports(app.routes):
        logger.warning("reports_without_secret")
    zettai = await asyncio.to_thread(_Zettai, settings)
    try:
        yield {"zettai": zettai}
    finally:
        await asyncio.to_thread(zettai.close)


def _zettai(connection: HTTPConnection) -> _Zettai:
    found = getattr(connection.state, "zettai", None)
    if not isinstance(found, _Zettai):
        raise RuntimeError("the app has no SMS client; make it with FastAPI(lifespan=zettai.contrib.fastapi.lifespan)")  # noqa: TRY004
    return found


async def sms_client(connection: HTTPConnection) -> SmsClient:
    """Return the client of the app. A test replaces it with `app.dependency_overrides[sms_client]`.

    Raises:
        RuntimeError: the app has no `lifespan`.
    """
    return _zettai(connection).client


Sms = Annotated[SmsClient, Depends(sms_client)]
"""A parameter of this type gets the client of the app. Its methods for async apps, such as `asend`, do not block the
event loop.
"""

reports = APIRouter(include_in_schema=False)
"""Receives delivery reports at `PREFIX/ZETTAI_REPORT_SECRET`: `app.include_router(reports, prefix=PREFIX)`."""


@reports.post("/{secret}")
async def _receive_reports(request: Request, secret: str) -> Response:
    """Answer 200 if the reports are recorded, and 400 or 503 if the provider must send them again."""
    zettai = _zettai(request)
    endpoint = zettai.endpoint.get()
    if not endpoint.matches(secret):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    body = await read_body(request, max_size=MAX_BODY_SIZE, timeout=BODY_TIMEOUT)
    try:
        return Response(status_code=await zettai.report_threads.run(lambda: endpoint.handle(body)))
    except TimeoutError as error:
        logger.warning("reports_not_recorded", error=type(error).__name__)
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE) from None


def _has_reports(routes: Iterable[BaseRoute]) -> bool:
    """Return whether delivery reports are received by one of the routes, or in a router or app within them."""
    for route in routes:
        # FastAPI keeps an included router as it is. Other routes have it at once, or as a mounted app.
        inner = getattr(getattr(route, "original_router", route), "routes", None)
        if getattr(route, "endpoint", None) is _receive_reports or _has_reports(inner or ()):
            return True
    return False
