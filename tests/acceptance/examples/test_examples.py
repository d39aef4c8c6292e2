"""The examples, each as a real process with a real worker: what a customer asks for happens at the provider."""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.acceptance.examples.front import Front
from tests.acceptance.examples.readme import Readme
from tests.acceptance.examples.shops import NAMES, SECRET, Shop, environment_of, listens, opened, run
from tests.support.stack import Stack, eventually

from zettai.core.times import JST

pytestmark = pytest.mark.long

PHONE = "09012345678"


def _at_provider(stack: Stack, client_tag: str) -> dict[str, Any]:
    """What the provider has, as soon as it has it."""
    found = eventually(
        lambda: next((one for one in stack.simulator.records() if one["clientTag"] == client_tag), None),
        f"{client_tag} at the provider",
    )
    return dict(found)


def test_code_arrives_and_verifies_the_phone_number(shop: Shop, stack: Stack, front: Front) -> None:
    path = f"/sign-ups/{shop.ask('POST', '/sign-ups', phone=PHONE)['id']}"
    sms = _at_provider(stack, path[1:].replace("s/", "-"))
    code = sms["message"].removeprefix("Your code is ").rstrip(".")
    assert sms["phoneNumber"] in {PHONE, f"+81{PHONE[1:]}"}

    eventually(lambda: shop.ask("GET", path)["sms"] == "delivered", "the report")
    # The shop has the report a moment before the front has the answer of the shop.
    eventually(lambda: front.answers, "the answer to the report")
    assert front.answers == [200]
    assert not stack.simulator.stats()["calls"].get("status")

    wrong = shop.http.post(f"{path}/verify", json={"code": "no code"})
    assert (wrong.status_code, wrong.json()) == (403, {"verified": False})
    assert shop.ask("POST", f"{path}/verify", code=code) == {"verified": True}
    assert shop.ask("GET", path) == {"verified": True, "sms": "delivered"}


def test_canceled_order_cancels_its_reminder(shop: Shop, stack: Stack) -> None:
    order = uuid4()
    pick_up_at = (datetime.now(JST) + timedelta(days=1)).replace(second=0, microsecond=0)
    for _ in range(2):
        shop.ask("PUT", f"/orders/{order}", phone=PHONE, item="cake", pick_up_at=pick_up_at.isoformat())
    eventually(lambda: shop.ask("GET", f"/orders/{order}")["sms"] == "scheduled", "the reservation")
    reserved = _at_provider(stack, f"reminder-{order}")
    assert reserved["message"] == f"Your cake is ready at {pick_up_at:%H:%M}."
    assert reserved["scheduleTime"] == f"{pick_up_at - timedelta(hours=1):%Y-%m-%d %H:%M}"

    assert shop.ask("POST", f"/orders/{order}/cancel") == {"reminder": "pending"}

    eventually(lambda: shop.ask("GET", f"/orders/{order}") == {"canceled": True, "sms": "canceled"}, "the cancel")
    assert _at_provider(stack, f"reminder-{order}")["state"] == "cancelled"


def test_reminder_a_year_ahead_waits_here_and_is_canceled_at_once(shop: Shop, stack: Stack) -> None:
    path = f"/orders/{uuid4()}"
    pick_up_at = datetime.now(JST) + timedelta(days=365)

    placed = shop.ask("PUT", path, phone=PHONE, item="cake", pick_up_at=pick_up_at.isoformat())

    assert placed["sms"] == "queued"
    assert shop.ask("POST", f"{path}/cancel") == {"reminder": "canceled"}
    assert not any(one["clientTag"] == path.replace("/orders/", "reminder-") for one in stack.simulator.records())


def test_number_gets_a_few_codes_only(shop: Shop) -> None:
    number = f"0901{NAMES.index(shop.name)}112233"
    answers = [shop.http.post("/sign-ups", json={"phone": number}).status_code for _ in range(6)]
    assert answers[-1] == 429
    assert all(200 <= answer < 300 for answer in answers[:-1])


def test_invalid_request_is_rejected(shop: Shop) -> None:
    landline = shop.http.post("/sign-ups", json={"phone": "0312345678"})
    assert landline.status_code == 400
    assert landline.json()["error"].startswith("to: must be a Japanese mobile number")

    path = f"/orders/{uuid4()}"
    pick_up_at = datetime.now(JST) + timedelta(days=1)
    shop.ask("PUT", path, phone=PHONE, item="cake", pick_up_at=pick_up_at.isoformat())
    other = {"phone": PHONE, "item": "bread", "pick_up_at": pick_up_at.isoformat()}
    assert shop.http.put(path, json=other).status_code == 409

    assert shop.http.post("/sign-ups", json={}).status_code in {400, 422}
    assert shop.http.get(f"/orders/{uuid4()}").status_code == 404


def test_reports_require_the_secret(shop: Shop) -> None:
    assert shop.http.post(f"/sms/reports/{SECRET}0", content=b"json=").status_code == 404
    assert shop.http.get(f"/sms/reports/{SECRET}").status_code == 405
    assert shop.http.post(f"/sms/reports/{SECRET}", content=b"json=").status_code == 400


@pytest.mark.parametrize("name", NAMES)
def test_readme_starts_a_working_shop(name: str, tmp_path: Path) -> None:
    readme = Readme.of(name)
    environment = {**environment_of(name, tmp_path), **readme.environment}

    said = "".join(run(name, command, environment) for command in readme.before)
    assert re.search(r"^OK$|=+ \d+ passed in ", said, re.MULTILINE)

    with opened(name, environment, tmp_path) as shop:
        path, body, headers = readme.request
        assert listens(shop).http.post(path, content=body, headers=headers).status_code == 201
        eventually(lambda: "\n    Your code is " in shop.log.read_text(), "the SMS is printed")
