"""The views of the shop, a JSON API."""

import json
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.utils.timezone import localtime
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from shop.models import HandledEvent, Order, SignUp
from zettai.contrib.django import get_client, send_on_commit

REMIND_BEFORE = timedelta(hours=1)


@require_POST
@transaction.atomic
def sign_up(request: HttpRequest) -> JsonResponse:
    """Send a code to a phone number when the sign-up is committed."""
    (phone,) = json_fields(request, "phone")
    person = SignUp.objects.create(phone=phone)
    send_on_commit(phone, f"Your code is {person.code}.", lane="urgent", client_tag=person.client_tag)
    return JsonResponse({"id": person.id}, status=HTTPStatus.CREATED)


@require_GET
def get_sign_up(_request: HttpRequest, pk: UUID) -> JsonResponse:
    """Return whether the phone number is verified, and the state of the SMS."""
    person = SignUp.objects.get(pk=pk)
    return JsonResponse({"verified": person.verified, "sms": state_of(person.client_tag)})


@require_POST
def verify(request: HttpRequest, pk: UUID) -> JsonResponse:
    """Verify a code."""
    (code,) = json_fields(request, "code")
    verified = SignUp.verify(pk, code)
    return JsonResponse({"verified": verified}, status=HTTPStatus.OK if verified else HTTPStatus.FORBIDDEN)


@require_http_methods(["PUT", "GET"])
def order(request: HttpRequest, pk: UUID) -> JsonResponse:
    """Place or return an order. The client generates the id, so it can safely repeat a request."""
    placed = place_order(request, pk) if request.method == "PUT" else Order.objects.get(pk=pk)
    return JsonResponse({"canceled": placed.canceled, "sms": state_of(placed.client_tag)})


@transaction.atomic
def place_order(request: HttpRequest, pk: UUID) -> Order:
    """Save an order, and send its reminder one hour before it is picked up."""
    phone, item, pick_up_at = json_fields(request, "phone", "item", "pick_up_at")
    at = parse_time(pick_up_at)
    placed: Order
    placed, _ = Order.objects.get_or_create(pk=pk, defaults={"phone": phone, "item": item, "pick_up_at": at})
    body = f"Your {item} is ready at {localtime(at):%H:%M}."
    send_on_commit(phone, body, send_at=at - REMIND_BEFORE, client_tag=placed.client_tag)
    return placed


@require_POST
def cancel_order(_request: HttpRequest, pk: UUID) -> JsonResponse:
    """Cancel an order and its reminder. The outcome is `pending` until the provider has canceled the reminder."""
    placed = Order.objects.get(pk=pk)
    Order.objects.filter(pk=pk).update(canceled=True)
    return JsonResponse({"reminder": get_client().cancel(placed.client_tag)})


@require_POST
@transaction.atomic
def receive_event(request: HttpRequest) -> JsonResponse:
    """Note how the reminder of an order ended. `zettai webhooks` sends this. An event can come twice."""
    try:
        event = Webhook(settings.SHOP_WEBHOOK_SECRET).verify(request.body, dict(request.headers))
    except WebhookVerificationError:
        raise BadRequest("the signature is not valid") from None
    data = event["data"]
    _, is_new = HandledEvent.objects.get_or_create(pk=data["id"])
    if is_new:
        Order.note(data["client_tag"] or "", event["type"])
    return JsonResponse({})


def state_of(client_tag: str) -> str:
    """Return the state of a message."""
    message = get_client().get(client_tag)
    return message.state if message else "unknown"


def parse_time(text: str) -> datetime:
    """Parse a time with an offset, for example 2030-01-02T18:00+09:00."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("pick_up_at must be a time with an offset, for example 2030-01-02T18:00+09:00") from None
    if found.tzinfo is None:
        raise BadRequest("pick_up_at must have an offset, for example +09:00")
    return found


def json_fields(request: HttpRequest, *names: str) -> list[str]:
    """Return the text fields of a JSON body."""
    try:
        body = json.loads(request.body)
        values = [body[name] for name in names]
    except (ValueError, TypeError, LookupError):
        values = []
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) != len(names):
        raise BadRequest(f"the body must be JSON with the fields {', '.join(names)}")
    return texts
