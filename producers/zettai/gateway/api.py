"""The operations of the API. `app` authenticates a request before it calls them."""

import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import quote

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from zettai.asgi.request_body import read_body
from zettai.client import SmsClient
from zettai.core.accounts import account_label, account_of_label
from zettai.core.errors import InvalidMessage, SettingsError
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.message import CancelOutcome, Message
from zettai.core.replacement import ReplaceOutcome
from zettai.core.store import MessageStore
from zettai.core.store.audit import Actor, ActorKind, AuditAction
from zettai.core.store.queries import read_page
from zettai.core.text import check_text
from zettai.core.tracing import checked_traceparent
from zettai.core.validation import checked_tag
from zettai.gateway.api_keys import ApiKey, Scope
from zettai.gateway.authentication import Authenticator
from zettai.gateway.big_bodies import BigBodies
from zettai.gateway.campaign_inputs import CampaignInput
from zettai.gateway.campaigns import control_campaign, list_campaigns, show_campaign
from zettai.gateway.checking import check, read_json
from zettai.gateway.idempotency import HEADER, read_key
from zettai.gateway.message_inputs import ListParameters, ReplaceInput, Text
from zettai.gateway.middleware import request_info
from zettai.gateway.number_inputs import EraseInput, FindInput, SuppressedNumber, SuppressionInput, SuppressionRemoval
from zettai.gateway.problems import Problem, ProblemType, invalid_values
from zettai.gateway.replacing import UNKNOWN_TAG, replace_message
from zettai.gateway.sending import MessageSender, Sent, check_tag_owner
from zettai.gateway.store_calls import StoreCalls

MAX_BODY_SIZE = 4_000_000
"""Bytes: 1,000 messages of 660 wide characters, with room for their other fields."""

BODY_TIMEOUT = timedelta(seconds=10)
"""For the body to arrive."""

HOST = socket.gethostname()
"""The name of this machine in the audit log."""

logger = structlog.get_logger("zettai.audit")

Result = TypeVar("Result")

MANY = frozenset({"messages", "rows", "template"})
"""The fields that only a request for many messages has."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """An authenticated request, and its API key."""

    request: Request
    key: ApiKey

    @property
    def name(self) -> str:
        """Return the client tag or group in the path."""
        return str(self.request.path_params["name"])


@dataclass(frozen=True, slots=True)
class Api:
    """One method for each operation. Calls to the store run in threads.

    Attributes:
        client: sends and cancels messages.
        store: lists messages page by page.
        authenticator: checks the API key of each request.
        calls: runs the calls to the store.
        registry: the metrics of the process.
        big_bodies: bounds the memory of bodies.
    """

    client: SmsClient
    store: MessageStore
    authenticator: Authenticator
    calls: StoreCalls
    registry: CollectorRegistry
    big_bodies: BigBodies = field(default_factory=BigBodies)

    def client_of(self, key: ApiKey) -> SmsClient:
        """Return the client with which the requests of an API key are carried out."""
        if not key.accounts:
            return self.client
        return self.client.for_accounts([account_of_label(name) for name in key.accounts])

    async def send(self, call: ApiRequest) -> Response:
        """Record one message or many to be sent."""
        headers = call.request.headers
        key, traceparent = read_key(headers.get(HEADER)), checked_traceparent(headers.get("traceparent"))
        value = read_json(await _json_body(call.request))
        sender = MessageSender(self.client_of(call.key), call.key, self.authenticator.keys, key, traceparent)
        info = request_info(call.request.scope)
        if isinstance(value, dict) and not value.keys().isdisjoint(MANY):
            batch = await self.calls.run(lambda: sender.read_many(value))
            info.client_tags = [item.client_tag for item in batch.items]
            return _results(await self.calls.run(lambda: sender.send_many(batch)))
        item = await self.calls.run(lambda: sender.read(value))
        info.client_tags = [item.client_tag]
        sent = await self.calls.run(lambda: sender.send(item))
        location = {"Location": f"/v1/messages/{quote(sent.message.client_tag, safe='')}"}
        return JSONResponse(sent.message.to_dict(with_metadata=True), sent.status, headers=location)

    async def get(self, call: ApiRequest) -> Response:
        """Return a message."""
        message = await self.calls.run(lambda: self.client_of(call.key).get(call.name))
        if message is None or call.key.sees not in {None, message.owner}:
            raise Problem(ProblemType.NOT_FOUND, UNKNOWN_TAG)
        return JSONResponse(message.to_dict(with_metadata=True))

    async def list(self, call: ApiRequest) -> Response:
        """Return a page of messages."""
        given = _list_parameters(call.request)
        try:
            page = await self.calls.run(
                lambda: read_page(
                    self.store,
                    state=given.state,
                    group=given.group,
                    cursor=given.cursor,
                    limit=given.limit,
                    owner=call.key.sees,
                    accounts=self._listed_accounts(call.key, given.account),
                )
            )
        except ValueError as error:
            raise _invalid("?cursor", str(error)) from None
        return JSONResponse({"messages": [message.to_dict() for message in page.messages], "next": page.next})

    def _listed_accounts(self, key: ApiKey, name: str | None) -> Collection[str | None]:
        """Return the accounts whose messages a listing has.

        Raises:
            Problem: the key may not use the account, or there is none.
        """
        accounts = self.client_of(key).accounts
        if name is None:
            return accounts
        if (account := account_of_label(name)) not in accounts:
            listed = ", ".join(account_label(one) for one in accounts)
            raise _invalid("?account", InvalidValue(InvalidReason.UNKNOWN_ACCOUNT, listed=listed))
        return [account]

    async def cancel(self, call: ApiRequest) -> Response:
        """Cancel a message."""
        request_info(call.request.scope).client_tags = [call.name]
        cancel = partial(self.client_of(call.key).cancel, call.name, owner=call.key.sees)
        outcome = await self._audited(call, AuditAction.CANCEL, cancel, client_tag=call.name)
        if outcome is CancelOutcome.NOT_FOUND:
            raise Problem(ProblemType.NOT_FOUND, UNKNOWN_TAG, outcome=outcome)
        if outcome is CancelOutcome.TOO_LATE:
            detail = "The message was sent, or has another final state."
            raise Problem(ProblemType.TOO_LATE, detail, outcome=outcome)
        answer = {"client_tag": call.name, "outcome": outcome}
        return JSONResponse(answer, 202 if outcome is CancelOutcome.PENDING else 200)

    async def replace(self, call: ApiRequest) -> Response:
        """Replace a message. The key needs the scope `cancel` too."""
        self.authenticator.check_scope(call.key, Scope.CANCEL)
        given = check(ReplaceInput, read_json(await _json_body(call.request)))
        request_info(call.request.scope).client_tags = [call.name]
        if given.client_tag is not None:
            check_tag_owner(given.client_tag, call.key, self.authenticator.keys)
        replace = partial(replace_message, self.client_of(call.key), call.name, given, call.key.sees)
        replacement = await self._audited(call, AuditAction.REPLACE, replace, client_tag=call.name)
        answer = {
            "client_tag": call.name,
            "outcome": replacement.outcome,
            "replaced_by": replacement.client_tag,
            "message": replacement.message.to_dict() if replacement.message is not None else None,
        }
        return JSONResponse(answer, 202 if replacement.outcome is ReplaceOutcome.PENDING else 200)

    async def cancel_group(self, call: ApiRequest) -> Response:
        """Cancel the messages of a group."""
        try:
            cancel = partial(self.client_of(call.key).cancel_group, call.name, owner=call.key.sees)
            counts = await self._audited(call, AuditAction.CANCEL_GROUP, cancel, group=call.name)
        except InvalidMessage:
            raise Problem(ProblemType.NOT_FOUND, "No group can have this name.") from None
        answer = {
            "group": call.name,
            "canceled": counts.canceled,
            "pending": counts.pending,
            "too_late": counts.too_late,
        }
        return JSONResponse(answer, 202 if counts.pending else 200)

    async def check_text(self, call: ApiRequest) -> Response:
        """Check a message text. Nothing is sent or stored."""
        text = check(Text, read_json(await _json_body(call.request)))
        found = await self.calls.run(lambda: check_text(text.body))
        return JSONResponse(found.to_dict())

    async def list_campaigns(self, call: ApiRequest) -> Response:
        """Return all campaigns that the key sees."""
        found = await self.calls.run(lambda: list_campaigns(self.client, call.key.sees_of_all_accounts))
        return JSONResponse({"campaigns": [one.to_dict() for one in found]})

    async def get_campaign(self, call: ApiRequest) -> Response:
        """Return a campaign."""
        found = await self.calls.run(lambda: show_campaign(self.client, call.name, call.key.sees_of_all_accounts))
        return JSONResponse(found.to_dict())

    async def control_campaign(self, call: ApiRequest) -> Response:
        """Pause, resume or pace a campaign."""
        given = check(CampaignInput, read_json(await _json_body(call.request)))
        control = partial(control_campaign, self.client, call.name, given, call.key.sees_of_all_accounts)
        changed = await self._audited(call, AuditAction.CONTROL_CAMPAIGN, control, group=call.name)
        return JSONResponse(changed.to_dict())

    async def suppress(self, call: ApiRequest) -> Response:
        """Add a number to the suppression list."""
        given = check(SuppressionInput, read_json(await _json_body(call.request)))
        owner = call.key.owner
        add = partial(self.client.suppressions.add, given.number, given.scope, source=given.source, owner=owner)
        checked = partial(_checked, add)
        added = await self._audited(call, AuditAction.SUPPRESS, checked, scope=given.scope, source=given.source)
        return await self._suppression(call.key, given.number, status=201 if added else 200)

    async def unsuppress(self, call: ApiRequest) -> Response:
        """Remove a number from the suppression list."""
        given = check(SuppressionRemoval, read_json(await _json_body(call.request)))
        remove = partial(
            self.client.suppressions.remove, given.number, given.scope, owner=call.key.sees_of_all_accounts
        )
        checked = partial(_checked, remove)
        await self._audited(call, AuditAction.UNSUPPRESS, checked, scope=given.scope or "all of them")
        return await self._suppression(call.key, given.number)

    async def get_suppression(self, call: ApiRequest) -> Response:
        """Return the scopes in which a number is suppressed."""
        given = check(SuppressedNumber, read_json(await _json_body(call.request)))
        return await self._suppression(call.key, given.number)

    async def find(self, call: ApiRequest) -> Response:
        """Return the messages to a number."""
        given = check(FindInput, read_json(await _json_body(call.request)))

        def find() -> list[Message]:
            found = self.client_of(call.key).find(given.number, owner=call.key.sees)
            return _indexed(lambda: list(islice(found, given.limit)))

        messages = await self._audited(call, AuditAction.FIND_NUMBER, partial(_checked, find))
        return JSONResponse({"messages": [message.to_dict() for message in messages]})

    async def erase(self, call: ApiRequest) -> Response:
        """Erase a person."""
        given = check(EraseInput, read_json(await _json_body(call.request)))
        client = self.client_of(call.key)
        preview = await self.calls.run(
            lambda: _checked(lambda: _indexed(lambda: client.preview_erasure(given.number, by_index=given.by_index)))
        )
        erase = partial(client.erase, preview)
        done = await self._audited(call, AuditAction.ERASE, erase, messages=str(len(preview.tags)))
        return JSONResponse(asdict(done), 202 if done.pending else 200)

    async def _audited(
        self, call: ApiRequest, action: AuditAction, act: Callable[[], Result], **details: str | None
    ) -> Result:
        """Write what an API key is about to do into the audit log, and do it."""

        def audit_and_act() -> Result:
            actor = Actor(ActorKind.KEY, call.key.name, HOST)
            self.store.audit.record(action, actor, **details)
            logger.info("audit", action=action.value, by=str(actor), **details)
            return act()

        return await self.calls.run(audit_and_act)

    async def _suppression(self, key: ApiKey, number: str, status: int = 200) -> Response:
        get = partial(self.client.suppressions.get, number, owner=key.sees_of_all_accounts)
        found = await self.calls.run(lambda: _checked(get))
        scopes = () if found is None else found.scopes
        return JSONResponse({"suppressed": bool(scopes), "scopes": [one.to_dict() for one in scopes]}, status)

    async def metrics(self, _: ApiRequest) -> Response:
        """Return the metrics of this process."""
        return PlainTextResponse(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)


async def _json_body(request: Request) -> bytes:
    """Read a JSON body.

    Raises:
        Problem: the headers declare another content type or an encoding.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise Problem(ProblemType.MEDIA_TYPE, "Send the header Content-Type: application/json.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(ProblemType.MEDIA_TYPE, "The body must not be compressed. Send it without Content-Encoding.")
    return await read_body(request, max_size=MAX_BODY_SIZE, timeout=BODY_TIMEOUT)


def _list_parameters(request: Request) -> ListParameters:
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise _invalid("?" + name, "must be given once only")
        given[name] = value
    parameters = check(ListParameters, given, "?")
    if parameters.group is not None:
        try:
            checked_tag(parameters.group)
        except InvalidValue as error:
            raise _invalid("?group", error) from None
    return parameters


def _checked(call: Callable[[], Result]) -> Result:
    """Make a call of `suppressions`, and turn a wrong argument into a problem."""
    try:
        return call()
    except InvalidMessage as error:
        raise invalid_values((f"#/{error.field}", error)) from None


def _indexed(call: Callable[[], Result]) -> Result:
    """Make a call that may use the index by number, and turn its missing key into a problem."""
    try:
        return call()
    except SettingsError as error:
        raise Problem(ProblemType.NO_INDEX, str(error)) from None


def _invalid(pointer: str, problem: InvalidValue | str) -> Problem:
    return invalid_values((pointer, InvalidMessage(pointer.removeprefix("?"), problem)))


def _results(answers: Sequence[Sent | Problem]) -> Response:
    """Return the response for many messages. Each result has its own status."""
    results = [_result(answer) for answer in answers]
    statuses = [result["status"] for result in results]
    created, repeated = statuses.count(201), statuses.count(200)
    counts = {"created": created, "repeated": repeated, "refused": len(results) - created - repeated}
    counts["suppressed"] = sum(isinstance(one, Sent) and one.message.is_suppressed for one in answers)
    return JSONResponse({**counts, "results": results}, 207)


def _result(answer: Sent | Problem) -> dict[str, Any]:
    if isinstance(answer, Sent):
        return {"status": answer.status, "message": answer.message.to_dict(with_metadata=True)}
    return {"status": answer.type.status, "problem": answer.to_dict()}
