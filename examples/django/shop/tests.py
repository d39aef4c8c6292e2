"""The shop's own tests: what it sends lands in an outbox."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.test import TestCase

from zettai.contrib.django.testing import fake_sms


class ShopTests(TestCase):
    """Each test begins with an empty outbox."""

    def setUp(self) -> None:
        """Put a fake client into the place of the real one."""
        self.sms = self.enterContext(fake_sms())

    def post(self, path: str, **fields: str) -> Any:
        """Post JSON; what is to be sent on commit is sent."""
        with self.captureOnCommitCallbacks(execute=True):
            return self.client.post(path, fields, content_type="application/json")

    def test_a_code_proves_a_phone(self) -> None:
        """The code is sent urgently, and accepted."""
        person = self.post("/sign-ups", phone="09012345678").json()
        [sms] = self.sms.outbox
        assert (sms.to, sms.lane) == ("+819012345678", "urgent")

        code = sms.body.removeprefix("Your code is ").rstrip(".")
        assert self.post(f"/sign-ups/{person['id']}/verify", code=code).json() == {"verified": True}

    def test_guessing_ends_after_five_tries(self) -> None:
        """Even the right code is refused then."""
        path = f"/sign-ups/{self.post('/sign-ups', phone='09012345678').json()['id']}/verify"
        for _ in range(5):
            assert self.post(path, code="no code").status_code == 403

        code = self.sms.outbox[0].body.removeprefix("Your code is ").rstrip(".")
        assert self.post(path, code=code).status_code == 403

    def test_a_canceled_order_reminds_nobody(self) -> None:
        """Its reminder waited for its time until then."""
        pick_up_at = datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(days=1)
        order = {"phone": "09012345678", "item": "cake", "pick_up_at": pick_up_at.isoformat()}
        path = f"/orders/{uuid4()}"
        for _ in range(2):  # no answer came, so the client asks again
            with self.captureOnCommitCallbacks(execute=True):
                self.client.put(path, order, content_type="application/json")
        [sms] = self.sms.outbox
        assert sms.send_at is not None

        assert self.post(f"{path}/cancel").json() == {"reminder": "canceled"}
        assert self.client.get(path).json() == {"canceled": True, "sms": "canceled"}

    def test_a_landline_signs_nobody_up(self) -> None:
        """It is told at once, and nothing is sent."""
        answer = self.post("/sign-ups", phone="0312345678")

        assert answer.status_code == 400
        assert answer.json()["error"].startswith("to: ")
        assert self.sms.outbox == []
