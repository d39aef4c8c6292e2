"""The shop's own tests: what it sends lands in an outbox."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import store
from app import app
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import create_engine

from zettai.contrib.fastapi import sms_client
from zettai.testing import FakeSmsClient


@pytest.fixture
def sms() -> Iterator[FakeSmsClient]:
    """What the shop sends with."""
    sms = FakeSmsClient()
    app.dependency_overrides[sms_client] = lambda: sms
    yield sms
    app.dependency_overrides.clear()


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty one."""
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.sqlite3'}")
    monkeypatch.setattr(store, "engine", engine)
    store.create_tables()
    yield
    engine.dispose()


def ask(method: str, path: str, **body: Any) -> Response:
    """Send JSON to the app, and wait for its answer."""

    async def answer() -> Response:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://shop") as client:
            return await client.request(method, path, json=body or None)

    return asyncio.run(answer())


def test_a_code_proves_a_phone(sms: FakeSmsClient) -> None:
    """The code is sent urgently, and accepted."""
    person = ask("POST", "/sign-ups", phone="09012345678").json()["id"]
    [sent] = sms.outbox
    assert (sent.to, sent.lane) == ("+819012345678", "urgent")

    code = sent.body.removeprefix("Your code is ").rstrip(".")
    assert ask("POST", f"/sign-ups/{person}/verify", code=code).json() == {"verified": True}


def test_guessing_ends_after_five_tries(sms: FakeSmsClient) -> None:
    """Even the right code is refused then."""
    path = f"/sign-ups/{ask('POST', '/sign-ups', phone='09012345678').json()['id']}/verify"
    for _ in range(5):
        assert ask("POST", path, code="no code").status_code == 403

    code = sms.outbox[0].body.removeprefix("Your code is ").rstrip(".")
    assert ask("POST", path, code=code).status_code == 403


def test_a_canceled_order_reminds_nobody(sms: FakeSmsClient) -> None:
    """Its reminder waited for its time until then."""
    pick_up_at = (datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=1)).isoformat()
    path = f"/orders/{uuid4()}"
    for _ in range(2):  # no answer came, so the client asks again
        ask("PUT", path, phone="09012345678", item="cake", pick_up_at=pick_up_at)
    assert [sent.send_at is None for sent in sms.outbox] == [False]

    assert ask("POST", f"{path}/cancel").json() == {"reminder": "canceled"}
    assert ask("GET", path).json() == {"canceled": True, "sms": "canceled"}


def test_a_landline_signs_nobody_up(sms: FakeSmsClient) -> None:
    """It is told at once, and nothing is sent."""
    answer = ask("POST", "/sign-ups", phone="0312345678")

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("to: ")
    assert sms.outbox == []
