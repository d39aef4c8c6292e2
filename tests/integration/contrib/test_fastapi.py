"""The integration with FastAPI: lifespan, dependency, and its override in tests."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI, Request, WebSocket
from httpx import Client
from structlog.testing import capture_logs
from tests.integration.contrib.asgi_server import serving

from zettai import SettingsError
from zettai.contrib.fastapi import Sms, lifespan, reports, sms_client
from zettai.testing import FakeSmsClient


def _shop(**options: Any) -> FastAPI:
    app = FastAPI(**options)

    @app.post("/send/{to}")
    async def send(to: str, sms: Sms) -> str:
        return (await sms.asend(to, "hello")).client_tag

    @app.get("/messages/{tag}")
    async def look(tag: str, sms: Sms) -> dict[str, Any] | None:
        message = await sms.aget(tag)
        return message.to_dict() if message else None

    @app.delete("/messages/{tag}")
    async def cancel(tag: str, sms: Sms) -> str:
        return await sms.acancel(tag)

    @app.websocket("/socket")
    async def talk(socket: WebSocket, sms: Sms) -> None:
        await socket.accept()
        await socket.send_text(type(sms).__name__)

    return app


@pytest.fixture(autouse=True)
def _redis(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", redis_url)


def test_app_sends_reads_and_cancels() -> None:
    with serving(_shop(lifespan=lifespan)) as url, Client(base_url=url, timeout=60) as client:
        tag = client.post("/send/09012345678").json()
        assert client.get(f"/messages/{tag}").json()["state"] == "queued"
        assert client.delete(f"/messages/{tag}").json() == "canceled"


def test_web_socket_gets_the_client() -> None:
    app, said = _shop(), []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(event: MutableMapping[str, Any]) -> None:
        said.append(event.get("text"))

    async def connect() -> None:
        async with lifespan(app) as state:
            scope = {"type": "websocket", "path": "/socket", "headers": [], "query_string": b"", "state": state}
            await app(scope, receive, send)

    asyncio.run(connect())

    assert "SmsClient" in said


def test_app_can_wrap_the_lifespan() -> None:
    @asynccontextmanager
    async def own(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with lifespan(app) as state:
            yield {**state, "more": 1}

    app = _shop(lifespan=own)

    @app.get("/more")
    async def more(request: Request) -> int:
        found: int = request.state.more
        return found

    with serving(app) as url, Client(base_url=url, timeout=60) as client:
        assert client.get("/more").json() == 1
        assert client.post("/send/09012345678").status_code == 200


def test_client_can_be_overridden_in_tests() -> None:
    app, sms = _shop(), FakeSmsClient()
    app.dependency_overrides[sms_client] = lambda: sms

    with serving(app) as url, Client(base_url=url, timeout=60) as client:
        client.post("/send/09012345678")

    assert [sent.to for sent in sms.outbox] == ["+819012345678"]


def test_invalid_settings_fail_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZETTAI_REDIS_URL", "http://127.0.0.1")

    with pytest.raises(SettingsError, match=r"^ZETTAI_REDIS_URL: "):
        asyncio.run(lifespan(_shop()).__aenter__())


def test_app_without_lifespan_fails_with_advice(caplog: pytest.LogCaptureFixture) -> None:
    with serving(_shop()) as url, Client(base_url=url, timeout=60) as client:
        assert client.post("/send/09012345678").status_code == 500

    assert "make it with FastAPI(lifespan=zettai.contrib.fastapi.lifespan)" in caplog.text


def test_report_path_is_not_in_the_openapi_document() -> None:
    app = _shop(lifespan=lifespan)
    app.include_router(reports, prefix="/sms/reports")

    assert "/sms/reports/{secret}" not in app.openapi()["paths"]


@pytest.mark.parametrize(("secret", "logged"), [(None, ["reports_without_secret"]), ("0123456789abcdef", [])])
def test_start_finds_a_reports_route_without_its_secret(
    monkeypatch: pytest.MonkeyPatch, secret: str | None, logged: list[str]
) -> None:
    monkeypatch.setenv("ZETTAI_CLIENT_ID", "1234")
    if secret:
        monkeypatch.setenv("ZETTAI_REPORT_SECRET", secret)
    app, outer = FastAPI(lifespan=lifespan), APIRouter()
    outer.include_router(reports, prefix="/reports")
    app.include_router(outer, prefix="/sms")

    async def start() -> None:
        async with lifespan(app):
            pass

    with capture_logs() as logs:
        asyncio.run(start())

    assert [line["event"] for line in logs] == logged
