"""A shop that asks who you are by SMS, and reminds you of what you ordered."""

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

from zettai import CancelOutcome, InvalidMessage, LedgerUnavailable, TagConflict
from zettai.contrib.fastapi import Sms, lifespan, reports

REMIND_BEFORE = timedelta(hours=1)
JAPAN = ZoneInfo("Asia/Tokyo")


@asynccontextmanager
async def opened(app: FastAPI) -> AsyncIterator[Any]:
    """The shop's own start, around that of the SMS."""
    await run_in_threadpool(store.create_tables)
    async with lifespan(app) as state:
        yield state


app = FastAPI(title="Shop", lifespan=opened)
app.include_router(reports, prefix="/sms/reports")


class NewSignUp(BaseModel):
    """Whose phone is to be proven."""

    phone: str


class Code(BaseModel):
    """What came by SMS."""

    code: str


class NewOrder(BaseModel):
    """What is ordered, and when it will be picked up."""

    phone: str
    item: Annotated[str, Field(max_length=100)]
    pick_up_at: AwareDatetime


class SignUpState(BaseModel):
    """Whether a phone is proven, and where the SMS with its code stands."""

    verified: bool
    sms: str


class OrderState(BaseModel):
    """Where an order and its reminder stand."""

    canceled: bool
    sms: str


@app.post("/sign-ups", status_code=201)
async def sign_up(new: NewSignUp, sms: Sms) -> dict[str, UUID]:
    """Send a code to a phone."""
    person, code = uuid4(), store.new_code()
    await run_in_threadpool(store.save_sign_up, person, code)
    await sms.asend(new.phone, f"Your code is {code}.", lane="urgent", client_tag=f"sign-up-{person}")
    return {"id": person}


@app.get("/sign-ups/{person}")
async def look_at_sign_up(person: UUID, sms: Sms) -> SignUpState:
    """Tell whether the SMS has arrived, and the phone is proven."""
    verified = await run_in_threadpool(store.is_verified, person)
    if verified is None:
        raise HTTPException(404)
    return SignUpState(verified=verified, sms=await state_of(sms, f"sign-up-{person}"))


@app.post("/sign-ups/{person}/verify")
async def verify(person: UUID, given: Code, response: Response) -> dict[str, bool]:
    """Compare a code with the one that was sent."""
    verified = await run_in_threadpool(store.verify, person, given.code)
    response.status_code = 200 if verified else 403
    return {"verified": verified}


@app.put("/orders/{order}")
async def place_order(order: UUID, new: NewOrder, sms: Sms) -> OrderState:
    """Take an order under an id that the client made, so that it may repeat what was not answered."""
    body = f"Your {new.item} is ready at {new.pick_up_at.astimezone(JAPAN):%H:%M}."
    # The reminder first: should the order not be saved, the client repeats both, and the same tag sends once.
    await sms.asend(new.phone, body, send_at=new.pick_up_at - REMIND_BEFORE, client_tag=f"reminder-{order}")
    await run_in_threadpool(store.save_order, order, new.item)
    return await look_at_order(order, sms)


@app.get("/orders/{order}")
async def look_at_order(order: UUID, sms: Sms) -> OrderState:
    """Tell where the order and its reminder stand."""
    canceled = await run_in_threadpool(store.is_canceled, order)
    if canceled is None:
        raise HTTPException(404)
    return OrderState(canceled=canceled, sms=await state_of(sms, f"reminder-{order}"))


@app.post("/orders/{order}/cancel")
async def cancel_order(order: UUID, sms: Sms) -> dict[str, CancelOutcome]:
    """Cancel an order, and its reminder: `pending` until the provider has given it up."""
    if not await run_in_threadpool(store.cancel_order, order):
        raise HTTPException(404)
    return {"reminder": await sms.acancel(f"reminder-{order}")}


async def state_of(sms: Sms, client_tag: str) -> str:
    """Where a message stands."""
    message = await sms.aget(client_tag)
    return message.state if message else "unknown"


@app.exception_handler(InvalidMessage)
async def refuse(_request: Request, error: Exception) -> Response:
    """It names the field, and masks the number."""
    return JSONResponse({"error": str(error)}, 400)


@app.exception_handler(TagConflict)
async def tell_of_another(_request: Request, _error: Exception) -> Response:
    """Each order has an id of its own."""
    return JSONResponse({"error": "there is another order with this id"}, 409)


@app.exception_handler(LedgerUnavailable)
async def put_off(_request: Request, _error: Exception) -> Response:
    """Repeating it is safe."""
    return JSONResponse({"error": "try again later"}, 503)
