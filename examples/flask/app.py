"""A shop with a JSON API. It verifies phone numbers by SMS, and sends reminders of orders."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import click
import store
from flask import Blueprint, Flask, abort, current_app, request
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from zettai import InvalidMessage, LedgerUnavailable, RateExceeded, TagConflict
from zettai.contrib.flask import Zettai, current_sms, reports

REMIND_BEFORE = timedelta(hours=1)
JAPAN = ZoneInfo("Asia/Tokyo")

Answer = tuple[dict[str, Any], HTTPStatus]

shop = Blueprint("shop", __name__, cli_group=None)


def create_app(**config: Any) -> Flask:
    """Create the app. `FLASK_` variables configure the app, and `ZETTAI_` variables configure the SMS client."""
    app = Flask(__name__)
    app.config.from_mapping(DATABASE="shop.sqlite3", SENDER=None, WEBHOOK_SECRET=None)
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    store.init_app(app)
    Zettai(app)
    app.register_blueprint(shop)
    app.register_blueprint(reports, url_prefix="/sms/reports")
    return app


@shop.post("/sign-ups")
def sign_up() -> Answer:
    """Send a code to a phone number."""
    (phone,) = json_fields("phone")
    person, code = uuid4(), store.new_code()
    store.save_sign_up(person, code)
    current_sms.send(phone, f"Your code is {code}.", lane="urgent", client_tag=f"sign-up-{person}")
    return {"id": person}, HTTPStatus.CREATED


@shop.get("/sign-ups/<uuid:person>")
def get_sign_up(person: UUID) -> Answer:
    """Return whether the phone number is verified, and the state of the SMS."""
    return {"verified": store.is_verified(person), "sms": state_of(f"sign-up-{person}")}, HTTPStatus.OK


@shop.post("/sign-ups/<uuid:person>/verify")
def verify(person: UUID) -> Answer:
    """Verify a code."""
    (code,) = json_fields("code")
    verified = store.verify(person, code)
    return {"verified": verified}, HTTPStatus.OK if verified else HTTPStatus.FORBIDDEN


@shop.put("/orders/<uuid:order>")
def place_order(order: UUID) -> Answer:
    """Place an order. The client generates the id, so it can safely repeat a request."""
    phone, item, pick_up_at = json_fields("phone", "item", "pick_up_at")
    at = parse_time(pick_up_at)
    body = f"Your {item} is ready at {at.astimezone(JAPAN):%H:%M}."
    # The reminder comes first. If the order is not saved, the client repeats both, and the same tag is sent once.
    current_sms.send(
        phone,
        body,
        send_at=at - REMIND_BEFORE,
        client_tag=f"reminder-{order}",
        sender=current_app.config["SENDER"],
        metadata={"order": str(order)},
    )
    store.save_order(order, item)
    return get_order(order)


@shop.get("/orders/<uuid:order>")
def get_order(order: UUID) -> Answer:
    """Return an order, and the state of its reminder."""
    return {"canceled": store.is_canceled(order), "sms": state_of(reminder_of(order))}, HTTPStatus.OK


@shop.post("/orders/<uuid:order>/move")
def move_order(order: UUID) -> Answer:
    """Move the pick-up. The reminder is replaced: exactly one of the two is sent."""
    item, pick_up_at = json_fields("item", "pick_up_at")
    at = parse_time(pick_up_at)
    body = f"Your {item} is ready at {at.astimezone(JAPAN):%H:%M}."
    replacement = current_sms.replace(reminder_of(order), send_at=at - REMIND_BEFORE, body=body)
    return {"reminder": replacement.outcome}, HTTPStatus.OK


@shop.post("/orders/<uuid:order>/cancel")
def cancel_order(order: UUID) -> Answer:
    """Cancel an order and its reminder. The outcome is `pending` until the provider has canceled the reminder."""
    store.cancel_order(order)
    return {"reminder": current_sms.cancel(reminder_of(order))}, HTTPStatus.OK


def reminder_of(order: UUID) -> str:
    """Return the client tag of the newest reminder of an order."""
    client_tag = f"reminder-{order}"
    while (message := current_sms.get(client_tag)) is not None and message.replaced_by is not None:
        client_tag = message.replaced_by
    return client_tag


@shop.post("/sms/events")
def receive_event() -> Answer:
    """Note how the reminder of an order ended. `zettai webhooks` sends this. An event can come twice.

    A reminder that was moved has a tag of its own. So the order is found by the metadata, which its endpoint includes.
    """
    try:
        event = Webhook(current_app.config["WEBHOOK_SECRET"]).verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        abort(HTTPStatus.BAD_REQUEST, "the signature is not valid")
    data = event["data"]
    order = ((data["message"] or {}).get("metadata") or {}).get("order")
    if order is not None and data["reason"] != "replaced":
        store.save_event(data["id"], UUID(order), event["type"])
    return {}, HTTPStatus.OK


@shop.cli.command("follow-reminders")
def follow_reminders() -> None:
    """Print the reminders that do not arrive, so that the shop can call. It runs until it is stopped."""
    for event in current_sms.events(group="shop", types=["undelivered", "rejected", "expired"]):
        if event.client_tag.startswith("reminder-"):
            click.echo(f"{event.client_tag}: {event.type}, {event.reason}")


def state_of(client_tag: str) -> str:
    """Return the state of a message."""
    message = current_sms.get(client_tag)
    return message.state if message else "unknown"


def parse_time(text: str) -> datetime:
    """Parse a time with an offset, for example 2030-01-02T18:00+09:00."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        abort(HTTPStatus.BAD_REQUEST, "pick_up_at must be a time with an offset, for example 2030-01-02T18:00+09:00")
    return found


def json_fields(*names: str) -> list[str]:
    """Return the text fields of a JSON body."""
    body = request.get_json(silent=True)
    values = [body.get(name) for name in names] if isinstance(body, dict) else []
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(names):
        abort(HTTPStatus.BAD_REQUEST, f"the body must be JSON with the fields {', '.join(names)}")
    return texts


@shop.errorhandler(InvalidMessage)
def handle_invalid_message(error: InvalidMessage) -> Answer:
    """Answer 400. The text names the field, and masks the number. The Japanese one is for a form."""
    return {"error": str(error), "message_ja": error.message_ja}, HTTPStatus.BAD_REQUEST


@shop.errorhandler(TagConflict)
def handle_tag_conflict(_error: TagConflict) -> Answer:
    """Answer 409: the id belongs to another order."""
    return {"error": "another order has this id"}, HTTPStatus.CONFLICT


@shop.errorhandler(RateExceeded)
def handle_too_many(_error: RateExceeded) -> Answer:
    """Answer 429: the number got too many messages."""
    return {"error": "too many messages to this number, try again later"}, HTTPStatus.TOO_MANY_REQUESTS


@shop.errorhandler(LedgerUnavailable)
def handle_store_unavailable(_error: LedgerUnavailable) -> Answer:
    """Answer 503. It is safe to repeat the request."""
    return {"error": "try again later"}, HTTPStatus.SERVICE_UNAVAILABLE
