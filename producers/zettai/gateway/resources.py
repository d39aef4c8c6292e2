"""What can be done at the gateway, a method each: from an admitted request to its answer. Who may is decided before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import quote

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from zettai.client import SmsClient
from zettai.core.errors import DurabilityUnavailable, InvalidMessage, LedgerUnavailable
from zettai.core.message import CancelOutcome
from zettai.core.store import MessageStore
from zettai.core.store.connection import store_errors
from zettai.core.store.queries import read_page
from zettai.core.text import check_text
from zettai.core.validation import checked_tag
from zettai.gateway.bodies import read_body
from zettai.gateway.idempotency import HEADER, read_key
from zettai.gateway.inputs import Listing, Text, check, read_json
from zettai.gateway.keys import ApiKey
from zettai.gateway.problems import Kind, Problem
from zettai.gateway.sending import AGAIN, Sender, Sent
from zettai.gateway.work import Work

MAX_BODY_SIZE = 4_000_000
"""Bytes: 1,000 messages of 660 wide characters, with room for their other fields."""

READ_WITHIN = timedelta(seconds=10)
"""For a body to arrive."""

DONE_WITHIN = timedelta(seconds=25)
"""For the work on a request. What takes longer goes on, and the client hears that nobody knows."""

THREADS = 32
"""Requests that are worked on at once."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Call:
    """An admitted request, and whose it is."""

    request: Request
    key: ApiKey

    @property
    def name(self) -> str:
        """The tag or group that its path names."""
        return str(self.request.path_params["name"])


class Resources:
    """Everything that is done for clients. What blocks is done in threads."""

    def __init__(self, client: SmsClient, store: MessageStore) -> None:
        """Build them.

        Args:
            client: that sends and cancels.
            store: that is read page by page.
        """
        self._client = client
        self._store = store
        self._work = Work(threads=THREADS, within=DONE_WITHIN)

    async def send(self, call: Call) -> Response:
        """Send one message or many."""
        key = read_key(call.request.headers.get(HEADER))
        value = read_json(await _json_body(call.request))
        sender = Sender(self._client, call.key.name, key)
        if isinstance(value, dict) and "messages" in value:
            return _results(await self.run(lambda: sender.send_many(value)))
        sent = await self.run(lambda: sender.send(value))
        location = {"Location": f"/v1/messages/{quote(sent.message.client_tag, safe='')}"}
        return JSONResponse(sent.message.to_dict(), sent.status, headers=location)

    async def get(self, call: Call) -> Response:
        """Tell of one message."""
        message = await self.run(lambda: self._client.get(call.name))
        if message is None:
            raise Problem(Kind.NOT_FOUND, "no message has this client tag")
        return JSONResponse(message.to_dict())

    async def list(self, call: Call) -> Response:
        """List messages, a page at a time."""
        listing = _listing(call.request)
        try:
            page = await self.run(
                lambda: read_page(
                    self._store,
                    state=listing.state,
                    group=listing.group,
                    cursor=listing.cursor,
                    limit=listing.limit,
                )
            )
        except ValueError as error:
            raise _wrong("?cursor", str(error)) from None
        return JSONResponse({"messages": [message.to_dict() for message in page.messages], "next": page.next})

    async def cancel(self, call: Call) -> Response:
        """Cancel one message."""
        outcome = await self.run(lambda: self._client.cancel(call.name))
        if outcome is CancelOutcome.NOT_FOUND:
            raise Problem(Kind.NOT_FOUND, "no message has this client tag", outcome=outcome)
        if outcome is CancelOutcome.TOO_LATE:
            raise Problem(Kind.TOO_LATE, "it was sent, or has come to another end", outcome=outcome)
        answer = {"client_tag": call.name, "outcome": outcome}
        return JSONResponse(answer, 202 if outcome is CancelOutcome.PENDING else 200)

    async def cancel_group(self, call: Call) -> Response:
        """Cancel the messages of a group."""
        try:
            counts = await self.run(lambda: self._client.cancel_group(call.name))
        except InvalidMessage:
            raise Problem(Kind.NOT_FOUND, "no group can have this name") from None
        answer = {
            "group": call.name,
            "canceled": counts.canceled,
            "pending": counts.pending,
            "too_late": counts.too_late,
        }
        return JSONResponse(answer, 202 if counts.pending else 200)

    async def check_text(self, call: Call) -> Response:
        """Look at a text; nothing is sent or kept."""
        text = check(Text, read_json(await _json_body(call.request)))
        found = await self.run(lambda: check_text(text.body))
        return JSONResponse(found.to_dict())

    async def metrics(self, _: Call) -> Response:
        """Tell what this process has counted."""
        return PlainTextResponse(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def run(self, work: Callable[[], Answer]) -> Answer:
        """Do what blocks.

        Raises:
            Problem: Redis is away, or too slow, or not what is asked of it.
        """
        try:
            with store_errors():
                return await self._work.run(work)
        except DurabilityUnavailable as error:
            raise Problem(Kind.NO_DURABILITY, error.reason) from None
        except LedgerUnavailable:
            raise Problem(Kind.UNAVAILABLE, "try again", headers=AGAIN) from None
        except TimeoutError:
            detail = "Redis is too slow; whether it was done is not known"
            raise Problem(Kind.UNAVAILABLE, detail, headers=AGAIN) from None


async def _json_body(request: Request) -> bytes:
    """Read a body that says that it is JSON.

    Raises:
        Problem: it says something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(Kind.MEDIA_TYPE, "give Content-Type: application/json")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(Kind.MEDIA_TYPE, "send it without Content-Encoding")
    return await read_body(request, largest=MAX_BODY_SIZE, within=READ_WITHIN)


def _listing(request: Request) -> Listing:
    """Read the parameters of a listing."""
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise _wrong("?" + name, "is given twice")
        given[name] = value
    listing = check(Listing, given, "?")
    if listing.group is not None:
        try:
            checked_tag(listing.group)
        except ValueError as error:
            raise _wrong("?group", str(error)) from None
    return listing


def _wrong(pointer: str, detail: str) -> Problem:
    return Problem(Kind.INVALID, f"{pointer}: {detail}", errors=[{"pointer": pointer, "detail": detail}])


def _results(answers: Sequence[Sent | Problem]) -> Response:
    """The answer for many messages: each has its own status, and that of HTTP tells of none of them."""
    results = [_result(one) for one in answers]
    statuses = [result["status"] for result in results]
    created, repeated = statuses.count(201), statuses.count(200)
    counts = {"created": created, "repeated": repeated, "refused": len(results) - created - repeated}
    return JSONResponse({**counts, "results": results}, 207)


def _result(answer: Sent | Problem) -> dict[str, Any]:
    if isinstance(answer, Sent):
        return {"status": answer.status, "message": answer.message.to_dict()}
    return {"status": answer.kind.status, "problem": answer.to_dict()}
