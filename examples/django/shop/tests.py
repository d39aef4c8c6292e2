"""The tests of the shop. Sent messages go to the outbox of a fake client."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.test import TestCase, override_settings
from standardwebhooks import Webhook

from shop.models import Order
from zettai.contrib.django.testing import fake_sms

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105
"""Of the webhook endpoint, in this test only."""


class ShopTests(TestCase):
    """The tests of the API. Each starts with an empty outbox."""

    def setUp(self) -> None:
        """Replace the SMS client by a fake."""
        self.sms = self.enterContext(fake_sms())

    def post(self, path: str, **fields: str) -> Any:
        """Post JSON, and send what is sent on commit."""
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(path, fields, content_type="application/json")

    def test_right_code_verifies_the_phone_number(self) -> None:
        person = self.post("/sign-ups", phone="09012345678").json()
        [sms] = self.sms.outbox
        assert (sms.to, sms.lane) == ("+819012345678", "urgent")

        code = sms.body.removeprefix("Your code is ").rstrip(".")
        assert self.post(f"/sign-ups/{person['id']}/verify", code=code).json() == {"verified": True}

    def test_right_code_is_refused_after_five_wrong_codes(self) -> None:
        path = f"/sign-ups/{self.post('/sign-ups', phone='09012345678').json()['id']}/verify"
        for _ in range(5):
            assert self.post(path, code="no code").status_code == 403

        code = self.sms.outbox[0].body.removeprefix("Your code is ").rstrip(".")
        assert self.post(path, code=code).status_code == 403

    def test_canceled_order_cancels_its_reminder(self) -> None:
        pick_up_at = datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=1)
        order = {"phone": "09012345678", "item": "cake", "pick_up_at": pick_up_at.isoformat()}
        path = f"/orders/{uuid4()}"
        for _ in range(2):  # the client repeats the request, as after a timeout
            with self.captureOnCommitCallbacks(execute=True):
                self.client.put(path, order, content_type="application/json")
        [sms] = self.sms.outbox
        assert sms.send_at is not None

        assert self.post(f"{path}/cancel").json() == {"reminder": "canceled"}
        assert self.client.get(path).json() == {"canceled": True, "sms": "canceled"}
        call_command("zettai_events", "--group=shop")
        assert Order.objects.get().reminder == "canceled"

    def test_reminder_that_did_not_arrive_is_sent_again_if_the_cause_may_have_passed(self) -> None:
        at = datetime.now(UTC) + timedelta(hours=2)
        for number, detail in ((1, "32823"), (2, "32732")):  # docomo: switched off, and no such number
            order = Order.objects.create(pk=UUID(int=number), phone="09012345678", item="cake", pick_up_at=at)
            self.sms.send(order.phone, order.text, client_tag=order.client_tag)
            self.sms.move(order.client_tag, "undelivered", detail=detail, carrier_found="docomo", parts=1)

        for _ in range(2):
            call_command("reminders", "--again", stdout=(said := StringIO()))

        [first, second] = (order.client_tag for order in Order.objects.order_by("pk"))
        assert f"{first}: undelivered, docomo, 1 parts\n" in said.getvalue()
        assert [sms.client_tag for sms in self.sms.outbox] == [first, second, f"{first}~r2"]
        assert self.sms.outbox[2].body == self.sms.outbox[0].body

        self.sms.move(f"{first}~r2", "delivered")
        call_command("zettai_events", "--group=shop")
        assert [order.reminder for order in Order.objects.order_by("pk")] == ["delivered", "undelivered"]

    def test_event_about_a_reminder_is_verified_and_saved_once(self) -> None:
        order = Order.objects.create(pk=uuid4(), phone="09012345678", item="cake", pick_up_at=datetime.now(UTC))

        def send(event_id: str, event_type: str, secret: str = SECRET) -> int:
            data = {"id": event_id, "client_tag": order.client_tag}
            body, at = json.dumps({"type": event_type, "data": data}), datetime.now(UTC)
            headers = {
                "webhook-id": event_id,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": Webhook(secret).sign(event_id, at, body),
            }
            answer = self.client.post("/sms/events", body, content_type="application/json", headers=headers)
            return int(answer.status_code)

        with override_settings(SHOP_WEBHOOK_SECRET=SECRET):
            assert [send("1-0", "accepted"), send("2-0", "delivered"), send("1-0", "accepted")] == [200, 200, 200]
            assert send("3-0", "undelivered", "whsec_plJ3nmyCDGBKInavdOK15jsl2bCd3FgH") == 400
        order.refresh_from_db()
        assert order.reminder == "delivered"

    def test_landline_is_refused(self) -> None:
        answer = self.post("/sign-ups", phone="0312345678")

        assert answer.status_code == 400
        assert answer.json()["error"].startswith("to: ")
        assert "携帯電話番号を入力してください" in answer.json()["message_ja"]
        assert self.sms.outbox == []
