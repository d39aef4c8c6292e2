"""The tests of the shop. Sent messages go to `sms_outbox`, a fixture of zettai-sms."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import store
from app import create_app
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from zettai.contrib.flask import current_sms
from zettai.testing.sms_outbox import SmsOutbox


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """Return a client of the API."""
    app = create_app(DATABASE=tmp_path / "shop.sqlite3")
    with app.test_client() as client:
        yield client


def test_right_code_verifies_the_phone_number(client: FlaskClient, sms_outbox: SmsOutbox) -> None:
    person = client.post("/sign-ups", json={"phone": "09012345678"}).get_json()["id"]
    [sent] = sms_outbox
    assert (sent.to, sent.lane) == ("+819012345678", "urgent")

    code = sent.body.removeprefix("Your code is ").rstrip(".")
    assert client.post(f"/sign-ups/{person}/verify", json={"code": code}).json == {"verified": True}


def test_right_code_is_refused_after_five_wrong_codes(client: FlaskClient, sms_outbox: SmsOutbox) -> None:
    path = f"/sign-ups/{client.post('/sign-ups', json={'phone': '09012345678'}).get_json()['id']}/verify"
    for _ in range(5):
        assert client.post(path, json={"code": "no code"}).status_code == 403

    code = sms_outbox[0].body.removeprefix("Your code is ").rstrip(".")
    assert client.post(path, json={"code": code}).status_code == 403


def test_canceled_order_cancels_its_reminder(client: FlaskClient, sms_outbox: SmsOutbox) -> None:
    pick_up_at = datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=1)
    order = {"phone": "09012345678", "item": "cake", "pick_up_at": pick_up_at.isoformat()}
    path = f"/orders/{uuid4()}"
    for _ in range(2):  # the client repeats the request, as after a timeout
        client.put(path, json=order)
    assert [sent.send_at is None for sent in sms_outbox] == [False]

    assert client.post(f"{path}/cancel").json == {"reminder": "canceled"}
    assert client.get(path).json == {"canceled": True, "sms": "canceled"}


def test_moved_order_replaces_its_reminder(client: FlaskClient, sms_outbox: SmsOutbox) -> None:
    at = datetime.now(ZoneInfo("Asia/Tokyo")).replace(hour=12, minute=0) + timedelta(days=1)
    path = f"/orders/{uuid4()}"
    client.put(path, json={"phone": "09012345678", "item": "cake", "pick_up_at": at.isoformat()})

    later = {"item": "cake", "pick_up_at": (at + timedelta(hours=2)).isoformat()}
    assert client.post(f"{path}/move", json=later).json == {"reminder": "replaced"}

    assert client.get(path).json == {"canceled": False, "sms": "queued"}
    assert sms_outbox[-1].body == "Your cake is ready at 14:00."
    assert client.post(f"{path}/cancel").json == {"reminder": "canceled"}


def test_reminder_of_an_order_a_year_ahead_moves_and_is_canceled_at_once(
    client: FlaskClient, sms_outbox: SmsOutbox
) -> None:
    at = datetime.now(ZoneInfo("Asia/Tokyo")).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=365)
    path = f"/orders/{uuid4()}"
    client.put(path, json={"phone": "09012345678", "item": "cake", "pick_up_at": at.isoformat()})

    later = {"item": "cake", "pick_up_at": (at + timedelta(days=7)).isoformat()}
    assert client.post(f"{path}/move", json=later).json == {"reminder": "replaced"}
    assert client.get(path).json == {"canceled": False, "sms": "queued"}
    assert sms_outbox[-1].send_at == at + timedelta(days=7, hours=-1)

    assert client.post(f"{path}/cancel").json == {"reminder": "canceled"}


def test_reminder_that_does_not_arrive_is_printed(client: FlaskClient, sms_outbox: SmsOutbox) -> None:
    for tag, state in (("reminder-1", "delivered"), ("reminder-2", "undelivered")):
        with client.application.app_context():
            current_sms.send("09012345678", "Your cake is ready.", client_tag=tag)
        sms_outbox.move(tag, state)

    result = client.application.test_cli_runner().invoke(args=["follow-reminders"])

    assert result.output == "reminder-2: undelivered, test\n"


def test_reminder_has_the_order_and_comes_from_the_number_of_the_shop(tmp_path: Path, sms_outbox: SmsOutbox) -> None:
    app = create_app(DATABASE=tmp_path / "shop.sqlite3", SENDER="77777", ZETTAI_SENDERS="77777")
    pick_up_at = datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=1)
    order = uuid4()

    app.test_client().put(
        f"/orders/{order}", json={"phone": "09012345678", "item": "cake", "pick_up_at": pick_up_at.isoformat()}
    )

    [sent] = sms_outbox
    assert (sent.sender, sent.metadata) == ("77777", {"order": str(order)})


def test_event_about_a_reminder_is_verified_and_saved_once(client: FlaskClient) -> None:
    secret, order = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", uuid4()
    client.application.config["WEBHOOK_SECRET"] = secret

    def send(event_id: str, event_type: str, *, reason: str = "", secret: str = secret) -> int:
        message = {"metadata": {"order": str(order)}}
        data = {"id": event_id, "client_tag": "any", "reason": reason, "message": message}
        body, at = json.dumps({"type": event_type, "data": data}), datetime.now(UTC)
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(event_id, at, body),
        }
        return client.post("/sms/events", data=body, headers=headers).status_code

    def state() -> str | None:
        with client.application.app_context():
            return store.reminder_state(order)

    assert [send("1-0", "accepted"), send("2-0", "delivered"), send("1-0", "accepted")] == [200, 200, 200]
    assert (send("3-0", "canceled", reason="replaced"), state()) == (200, "delivered")
    other = "whsec_plJ3nmyCDGBKInavdOK15jsl2bCd3FgH"
    assert (send("4-0", "undelivered", secret=other), state()) == (400, "delivered")


def test_landline_is_refused(client: FlaskClient, sms_outbox: SmsOutbox) -> None:
    answer = client.post("/sign-ups", json={"phone": "0312345678"})

    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith("to: ")
    assert sms_outbox == []
