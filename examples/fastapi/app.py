"""A shop that verifies phone numbers by SMS, and sends reminders of orders."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import store
from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, Field
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from zettai import CancelOutcome, InvalidMessage, LedgerUnavailable, RateExceeded, TagConflict
from zettai.contrib.fastapi import Sms, lifespan, reports

REMIND_BEFORE = timedelta(hours=1)
JAPAN = ZoneInfo("Asia/Tokyo")


@asynccontextmanager
async def shop_lifespan(app: FastAPI) -> AsyncIterator[Any]:
    """Create the tables, and open the SMS client."""
    await run_in_threadpool(store.create_tables)
    async with lifespan(app) as state:
        yield state


app = FastAPI(title="Shop", lifespan=shop_lifespan)
app.include_router(reports, prefix="/sms/reports")


class NewSignUp(BaseModel):
    """The body of a sign-up."""

    phone: str


class OptOut(BaseModel):
    """The body of an opt-out."""

    phone: str


class Code(BaseModel):
    """The code from the SMS."""

    code: str


class NewOrder(BaseModel):
    """The body of an order."""

    phone: str
    item: Annotated[str, Field(max_length=100)]
    pick_up_at: AwareDatetime


class SignUpState(BaseModel):
    """Whether the phone number is verified, and the state of the SMS."""

    verified: bool
    sms: str


class OrderState(BaseModel):
    """An order, and the state of its reminder."""

    canceled: bool
    sms: str


@app.post("/sign-ups", status_code=201)
async def sign_up(new: NewSignUp, sms: Sms) -> dict[str, UUID]:
    """Send a code to a phone number."""
    person, code = uuid4(), store.new_code()
    await run_in_threadpool(store.save_sign_up, person, code)
    await sms.asend(new.phone, f"Your code is {code}.", lane="urgent", client_tag=f"sign-up-{person}")
    return {"id": person}


@app.get("/sign-ups/{person}")
async def get_sign_up(person: UUID, sms: Sms) -> SignUpState:
    """Return whether the phone number is verified, and the state of the SMS."""
    verified = await run_in_threadpool(store.is_verified, person)
    if verified is None:
        raise HTTPException(404)
    return SignUpState(verified=verified, sms=await state_of(sms, f"sign-up-{person}"))


@app.post("/sign-ups/{person}/verify")
async def verify(person: UUID, given: Code, response: Response) -> dict[str, bool]:
    """Verify a code."""
    verified = await run_in_threadpool(store.verify, person, given.code)
    response.status_code = 200 if verified else 403
    return {"verified": verified}


@app.put("/orders/{order}")
async def place_order(order: UUID, new: NewOrder, sms: Sms) -> OrderState:
    """Place an order. The client generates the id, so it can safely repeat a request."""
    body = f"Your {new.item} is ready at {new.pick_up_at.astimezone(JAPAN):%H:%M}."
    # The reminder comes first. If the order is not saved, the client repeats both, and the same tag is sent once.
    await sms.asend(new.phone, body, send_at=new.pick_up_at - REMIND_BEFORE, client_tag=f"reminder-{order}")
    await run_in_threadpool(store.save_order, order, new.item)
    return await get_order(order, sms)


@app.get("/orders/{order}")
async def get_order(order: UUID, sms: Sms) -> OrderState:
    """Return an order, and the state of its reminder."""
    canceled = await run_in_threadpool(store.is_canceled, order)
    if canceled is None:
        raise HTTPException(404)
    return OrderState(canceled=canceled, sms=await state_of(sms, f"reminder-{order}"))


@app.post("/orders/{order}/cancel")
async def cancel_order(order: UUID, sms: Sms) -> dict[str, CancelOutcome]:
    """Cancel an order and its reminder. The outcome is `pending` until the provider has canceled the reminder."""
    if not await run_in_threadpool(store.cancel_order, order):
        raise HTTPException(404)
    return {"reminder": await sms.acancel(f"reminder-{order}")}


@app.post("/sms/events")
async def receive_event(request: Request) -> None:
    """Note how the reminder of an order ended. `zettai webhooks` sends this. An event can come twice."""
    try:
        event = Webhook(os.environ["SHOP_WEBHOOK_SECRET"]).verify(await request.body(), dict(request.headers))
    except WebhookVerificationError:
        raise HTTPException(400) from None
    data = event["data"]
    if (data["client_tag"] or "").startswith("reminder-"):
        await run_in_threadpool(
            store.save_event, data["id"], data["client_tag"].removeprefix("reminder-"), event["type"]
        )


@app.post("/opt-outs", status_code=204)
async def opt_out(given: OptOut, sms: Sms) -> None:
    """Send nothing to a phone number any more, and cancel its reminders. It is safe to repeat the request."""
    await run_in_threadpool(sms.suppressions.add, given.phone, source="shop")


async def state_of(sms: Sms, client_tag: str) -> str:
    """Return the state of a message."""
    message = await sms.aget(client_tag)
    return message.state if message else "unknown"


@app.exception_handler(InvalidMessage)
async def handle_invalid_message(_request: Request, error: InvalidMessage) -> Response:
    """Answer 400. The text names the field, and masks the number. The Japanese one is for a form."""
    return JSONResponse({"error": str(error), "message_ja": error.message_ja}, 400)


@app.exception_handler(TagConflict)
async def handle_tag_conflict(_request: Request, _error: Exception) -> Response:
    """Answer 409: the id belongs to another order."""
    return JSONResponse({"error": "another order has this id"}, 409)


@app.exception_handler(RateExceeded)
async def handle_too_many(_request: Request, _error: Exception) -> Response:
    """Answer 429: the number got too many messages."""
    return JSONResponse({"error": "too many messages to this number, try again later"}, 429)


@app.exception_handler(LedgerUnavailable)
async def handle_store_unavailable(_request: Request, _error: Exception) -> Response:
    """Answer 503. It is safe to repeat the request."""
    return JSONResponse({"error": "try again later"}, 503)
