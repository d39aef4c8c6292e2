"""A shop that asks who you are by SMS, and reminds you of what you ordered: JSON in, JSON out."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import store
from flask import Blueprint, Flask, abort, request

from zettai import InvalidMessage, LedgerUnavailable, TagConflict
from zettai.contrib.flask import Zettai, current_sms, reports

REMIND_BEFORE = timedelta(hours=1)
JAPAN = ZoneInfo("Asia/Tokyo")

Answer = tuple[dict[str, Any], HTTPStatus]

shop = Blueprint("shop", __name__)


def create_app(**config: Any) -> Flask:
    """Make the app. `FLASK_` variables are its configuration, and `ZETTAI_` ones that of the SMS."""
    app = Flask(__name__)
    app.config.from_mapping(DATABASE="shop.sqlite3")
    app.config.from_prefixed_env()
    app.config.from_mapping(config)
    store.init_app(app)
    Zettai(app)
    app.register_blueprint(shop)
    app.register_blueprint(reports, url_prefix="/sms/reports")
    return app


@shop.post("/sign-ups")
def sign_up() -> Answer:
    """Send a code to a phone."""
    (phone,) = given("phone")
    person, code = uuid4(), store.new_code()
    store.save_sign_up(person, code)
    current_sms.send(phone, f"Your code is {code}.", lane="urgent", client_tag=f"sign-up-{person}")
    return {"id": person}, HTTPStatus.CREATED


@shop.get("/sign-ups/<uuid:person>")
def look_at_sign_up(person: UUID) -> Answer:
    """Tell whether the SMS has arrived, and the phone is proven."""
    return {"verified": store.is_verified(person), "sms": state_of(f"sign-up-{person}")}, HTTPStatus.OK


@shop.post("/sign-ups/<uuid:person>/verify")
def verify(person: UUID) -> Answer:
    """Compare a code with the one that was sent."""
    (code,) = given("code")
    verified = store.verify(person, code)
    return {"verified": verified}, HTTPStatus.OK if verified else HTTPStatus.FORBIDDEN


@shop.put("/orders/<uuid:order>")
def place_order(order: UUID) -> Answer:
    """Take an order under an id that the client made, so that it may repeat what was not answered."""
    phone, item, pick_up_at = given("phone", "item", "pick_up_at")
    at = moment(pick_up_at)
    body = f"Your {item} is ready at {at.astimezone(JAPAN):%H:%M}."
    # The reminder first: should the order not be saved, the client repeats both, and the same tag sends once.
    current_sms.send(phone, body, send_at=at - REMIND_BEFORE, client_tag=f"reminder-{order}")
    store.save_order(order, item)
    return look_at_order(order)


@shop.get("/orders/<uuid:order>")
def look_at_order(order: UUID) -> Answer:
    """Tell where the order and its reminder stand."""
    return {"canceled": store.is_canceled(order), "sms": state_of(f"reminder-{order}")}, HTTPStatus.OK


@shop.post("/orders/<uuid:order>/cancel")
def cancel_order(order: UUID) -> Answer:
    """Cancel an order, and its reminder: `pending` until the provider has given it up."""
    store.cancel_order(order)
    return {"reminder": current_sms.cancel(f"reminder-{order}")}, HTTPStatus.OK


def state_of(client_tag: str) -> str:
    """Where a message stands."""
    message = current_sms.get(client_tag)
    return message.state if message else "unknown"


def moment(text: str) -> datetime:
    """A time with its zone, as 2030-01-02T18:00+09:00."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        abort(HTTPStatus.BAD_REQUEST, "pick_up_at: write it as 2030-01-02T18:00+09:00")
    return found


def given(*names: str) -> list[str]:
    """The text fields of a JSON body."""
    body = request.get_json(silent=True)
    values = [body.get(name) for name in names] if isinstance(body, dict) else []
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(names):
        abort(HTTPStatus.BAD_REQUEST, f"send JSON with {', '.join(names)}")
    return texts


@shop.errorhandler(InvalidMessage)
def refuse(error: InvalidMessage) -> Answer:
    """It names the field, and masks the number."""
    return {"error": str(error)}, HTTPStatus.BAD_REQUEST


@shop.errorhandler(TagConflict)
def tell_of_another(_error: TagConflict) -> Answer:
    """Each order has an id of its own."""
    return {"error": "there is another order with this id"}, HTTPStatus.CONFLICT


@shop.errorhandler(LedgerUnavailable)
def put_off(_error: LedgerUnavailable) -> Answer:
    """Repeating it is safe."""
    return {"error": "try again later"}, HTTPStatus.SERVICE_UNAVAILABLE
