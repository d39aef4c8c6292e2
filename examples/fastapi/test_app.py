"""The tests of the shop. Sent messages go to the outbox of a fake client, or to `sms_outbox`."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import store
from app import app
from compare_parts import differences
from follow_reminders import follow_reminders
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import create_engine
from standardwebhooks import Webhook

from zettai import SmsClient
from zettai.contrib.fastapi import sms_client
from zettai.testing import FakeSmsClient
from zettai.testing.sms_outbox import SmsOutbox


@pytest.fixture
def sms() -> Iterator[FakeSmsClient]:
    """Return the client of the shop."""
    sms = FakeSmsClient()
    app.dependency_overrides[sms_client] = lambda: sms
    yield sms
    app.dependency_overrides.clear()


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Use an empty database."""
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.sqlite3'}")
    monkeypatch.setattr(store, "engine", engine)
    store.create_tables()
    yield
    engine.dispose()


def ask(method: str, path: str, **body: Any) -> Response:
    """Send JSON to the app, and return the response."""

    async def answer() -> Response:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://shop") as client:
            return await client.request(method, path, json=body or None)

    return asyncio.run(answer())


def test_right_code_verifies_the_phone_number(sms: FakeSmsClient) -> None:
    person = ask("POST", "/sign-ups", phone="09012345678").json()["id"]
    [sent] = sms.outbox
    assert (sent.to, sent.lane) == ("+819012345678", "urgent")

    code = sent.body.removeprefix("Your code is ").rstrip(".")
    assert ask("POST", f"/sign-ups/{person}/verify", code=code).json() == {"verified": True}


def test_right_code_is_refused_after_five_wrong_codes(sms: FakeSmsClient) -> None:
    path = f"/sign-ups/{ask('POST', '/sign-ups', phone='09012345678').json()['id']}/verify"
    for _ in range(5):
        assert ask("POST", path, code="no code").status_code == 403

    code = sms.outbox[0].body.removeprefix("Your code is ").rstrip(".")
    assert ask("POST", path, code=code).status_code == 403


def test_canceled_order_cancels_its_reminder(sms: FakeSmsClient) -> None:
    pick_up_at = (datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=1)).isoformat()
    path = f"/orders/{uuid4()}"
    for _ in range(2):  # the client repeats the request, as after a timeout
        ask("PUT", path, phone="09012345678", item="cake", pick_up_at=pick_up_at)
    assert [sent.send_at is None for sent in sms.outbox] == [False]

    assert ask("POST", f"{path}/cancel").json() == {"reminder": "canceled"}
    assert ask("GET", path).json() == {"canceled": True, "sms": "canceled"}


def test_opted_out_phone_number_gets_no_reminder(sms: FakeSmsClient) -> None:
    pick_up_at = (datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=1)).isoformat()
    for _ in range(2):  # the client repeats the request, as after a timeout
        assert ask("POST", "/opt-outs", phone="090-1234-5678").status_code == 204

    order = ask("PUT", f"/orders/{uuid4()}", phone="09012345678", item="cake", pick_up_at=pick_up_at)

    assert order.json() == {"canceled": False, "sms": "canceled"}
    assert not sms.outbox
    assert ask("POST", "/opt-outs", phone="0312345678").status_code == 400


def test_reminder_that_does_not_arrive_is_printed(sms_outbox: SmsOutbox, capsys: pytest.CaptureFixture[str]) -> None:
    sms = SmsClient.from_env()
    for tag, state in (("reminder-1", "delivered"), ("reminder-2", "undelivered")):
        sms.send("09012345678", "Your cake is ready.", client_tag=tag)
        sms_outbox.move(tag, state)

    follow_reminders(sms)

    assert capsys.readouterr().out == "reminder-2: undelivered, test\n"


def test_event_about_a_reminder_is_verified_and_saved_once(sms: FakeSmsClient, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - only of this test
    monkeypatch.setenv("SHOP_WEBHOOK_SECRET", secret)
    pick_up_at = (datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=1)).isoformat()
    order = uuid4()
    ask("PUT", f"/orders/{order}", phone="09012345678", item="cake", pick_up_at=pick_up_at)
    assert len(sms.outbox) == 1

    def send(event_id: str, event_type: str, secret: str = secret) -> int:
        data = {"id": event_id, "client_tag": f"reminder-{order}"}
        body, at = json.dumps({"type": event_type, "data": data}), datetime.now(UTC)
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(event_id, at, body),
        }

        async def answer() -> Response:
            async with AsyncClient(transport=ASGITransport(app), base_url="http://shop") as client:
                return await client.post("/sms/events", content=body, headers=headers)

        return asyncio.run(answer()).status_code

    assert [send("1-0", "accepted"), send("2-0", "delivered"), send("1-0", "accepted")] == [200, 200, 200]
    assert store.reminder_state(order) == "delivered"
    assert send("3-0", "undelivered", "whsec_plJ3nmyCDGBKInavdOK15jsl2bCd3FgH") == 400
    assert store.reminder_state(order) == "delivered"


def test_landline_is_refused(sms: FakeSmsClient) -> None:
    answer = ask("POST", "/sign-ups", phone="0312345678")

    assert answer.status_code == 400
    assert answer.json()["error"].startswith("to: ")
    assert sms.outbox == []


def test_differences_of_billed_parts_are_printed() -> None:
    one = {"month": "2026-11", "account": "default", "carrier": "docomo", "difference": -2, "inconclusive": None}
    rest = [{**one, "difference": 0}, {**one, "inconclusive": "the month is not over"}]
    lines = "\n".join(map(json.dumps, [one, *rest]))

    assert list(differences(lines)) == ["2026-11, default, docomo: -2 parts"]
