"""The shop's own tests: what it sends lands in an outbox."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from app import create_app
from flask.testing import FlaskClient

from zettai.testing import FakeSmsClient


@pytest.fixture
def sms() -> FakeSmsClient:
    """What the shop sends with."""
    return FakeSmsClient()


@pytest.fixture
def client(sms: FakeSmsClient, tmp_path: Path) -> Iterator[FlaskClient]:
    """A browser, as it were."""
    app = create_app(DATABASE=tmp_path / "shop.sqlite3", ZETTAI_BACKEND=lambda _: sms)
    with app.test_client() as client:
        yield client


def test_a_code_proves_a_phone(client: FlaskClient, sms: FakeSmsClient) -> None:
    """The code is sent urgently, and accepted."""
    person = client.post("/sign-ups", json={"phone": "09012345678"}).get_json()["id"]
    [sent] = sms.outbox
    assert (sent.to, sent.lane) == ("+819012345678", "urgent")

    code = sent.body.removeprefix("Your code is ").rstrip(".")
    assert client.post(f"/sign-ups/{person}/verify", json={"code": code}).json == {"verified": True}


def test_guessing_ends_after_five_tries(client: FlaskClient, sms: FakeSmsClient) -> None:
    """Even the right code is refused then."""
    path = f"/sign-ups/{client.post('/sign-ups', json={'phone': '09012345678'}).get_json()['id']}/verify"
    for _ in range(5):
        assert client.post(path, json={"code": "no code"}).status_code == 403

    code = sms.outbox[0].body.removeprefix("Your code is ").rstrip(".")
    assert client.post(path, json={"code": code}).status_code == 403


def test_a_canceled_order_reminds_nobody(client: FlaskClient, sms: FakeSmsClient) -> None:
    """Its reminder waited for its time until then."""
    pick_up_at = datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=1)
    order = {"phone": "09012345678", "item": "cake", "pick_up_at": pick_up_at.isoformat()}
    path = f"/orders/{uuid4()}"
    for _ in range(2):  # no answer came, so the client asks again
        client.put(path, json=order)
    assert [sent.send_at is None for sent in sms.outbox] == [False]

    assert client.post(f"{path}/cancel").json == {"reminder": "canceled"}
    assert client.get(path).json == {"canceled": True, "sms": "canceled"}


def test_a_landline_signs_nobody_up(client: FlaskClient, sms: FakeSmsClient) -> None:
    """It is told at once, and nothing is sent."""
    answer = client.post("/sign-ups", json={"phone": "0312345678"})

    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith("to: ")
    assert sms.outbox == []
