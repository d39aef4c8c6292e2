"""For FastAPI: `lifespan`, the dependency `Sms`, and the router `reports`; see docs/how-to/fastapi.md."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, TypedDict

import structlog
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from starlette.requests import HTTPConnection

from zettai.client import SmsClient
from zettai.contrib.integration import DeliveryReportEndpoint, FrameworkSettings, OnePerProcess
from zettai.core.delivery_reports import MAX_BODY_SIZE
from zettai.gateway.bodies import read_body
from zettai.gateway.work import Work

logger = structlog.get_logger("zettai.reports")

READ_WITHIN = timedelta(seconds=3)
"""For the body of a report to arrive."""

RECORDED_WITHIN = timedelta(seconds=5)
"""For the work on it; together with the reading within the provider's 10 seconds."""

THREADS = 16
"""Requests with reports that are worked on at once."""


class _Zettai:
    """What an app has: its client, and what takes its reports."""

    def __init__(self, settings: FrameworkSettings) -> None:
        self.client = settings.build_client()
        self.door = OnePerProcess(lambda: DeliveryReportEndpoint(settings))
        self.work = Work(threads=THREADS, within=RECORDED_WITHIN)

    def close(self) -> None:
        self.client.close()
        self.door.close()


class LifespanState(TypedDict):
    """What `lifespan` adds to the state of each request."""

    zettai: _Zettai


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[LifespanState]:
    """Open the client when the app starts and close it when it ends, by the `ZETTAI_` environment variables.

    An app with a lifespan of its own wraps this one: `async with lifespan(app) as state: yield {**state, …}`.

    Raises:
        SettingsError: one line that names what is wrong.
        DurabilityUnavailable: all messages shall be durable, but this Redis cannot tell.
    """
    zettai = await asyncio.to_thread(_Zettai, FrameworkSettings.load())
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
    """The app's client; a test puts another one into `app.dependency_overrides[sms_client]`.

    Raises:
        RuntimeError: `lifespan` is no part of the app's.
    """
    return _zettai(connection).client


Sms = Annotated[SmsClient, Depends(sms_client)]
"""A parameter of this type gets the app's client; `asend`, `acancel` and `aget` leave the loop free."""

reports = APIRouter(include_in_schema=False)
"""Takes delivery reports under `PREFIX/ZETTAI_REPORT_SECRET`: `app.include_router(reports, prefix=PREFIX)`."""


@reports.post("/{secret}")
async def _take(request: Request, secret: str) -> Response:
    """Answer the provider: 200 once its reports are recorded, 400 or 503 where it shall come again."""
    zettai = _zettai(request)
    door = zettai.door.get()
    if not door.opens_to(secret):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    body = await read_body(request, largest=MAX_BODY_SIZE, within=READ_WITHIN)
    try:
        return Response(status_code=await zettai.work.run(lambda: door.take(body)))
    except TimeoutError as error:
        logger.warning("reports_not_recorded", error=type(error).__name__)
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE) from None
