"""What the operations of the API share: the client and the store, and a request with its API key."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import structlog
from prometheus_client import CollectorRegistry
from pydantic import BaseModel
from starlette.requests import Request

from zettai.asgi.request_body import read_body
from zettai.client import SmsClient
from zettai.core.accounts import account_of_label
from zettai.core.store import MessageStore
from zettai.core.store.audit import Actor, ActorKind, AuditAction
from zettai.gateway.api_keys import ApiKey
from zettai.gateway.authentication import Authenticator
from zettai.gateway.big_bodies import BigBodies
from zettai.gateway.checking import check, read_json
from zettai.gateway.middleware import request_info
from zettai.gateway.problems import Problem, ProblemType
from zettai.gateway.store_calls import StoreCalls

MAX_BODY_SIZE = 4_000_000
"""Bytes: 1,000 messages of 660 wide characters, with room for their other fields."""

BODY_TIMEOUT = timedelta(seconds=10)
"""For the body to arrive."""

logger = structlog.get_logger("zettai.audit")

Model = TypeVar("Model", bound=BaseModel)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Api:
    """What all requests share.

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


@dataclass(frozen=True, slots=True)
class ApiCall:
    """An authenticated request to the API.

    Attributes:
        api: what all requests share.
        request: the request.
        key: its API key.
    """

    api: Api
    request: Request
    key: ApiKey

    @property
    def name(self) -> str:
        """Return the client tag or group in the path."""
        return str(self.request.path_params["name"])

    @property
    def client(self) -> SmsClient:
        """Return the client for the accounts that the API key may use."""
        if not self.key.accounts:
            return self.api.client
        return self.api.client.for_accounts([account_of_label(name) for name in self.key.accounts])

    def note_tags(self, tags: list[str]) -> None:
        """Note the tags that the request is about. A problem names them."""
        request_info(self.request.scope).client_tags = tags

    async def read(self, model: type[Model]) -> Model:
        """Read the body.

        Raises:
            Problem: it is not JSON, or does not fit the model.
        """
        return check(model, await self.read_json())

    async def read_json(self) -> object:
        """Read the body, whatever it has.

        Raises:
            Problem: it is not JSON, or the headers declare another content type or an encoding.
        """
        content_type = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            raise Problem(ProblemType.MEDIA_TYPE, "Send the header Content-Type: application/json.")
        if self.request.headers.get("content-encoding", "identity").lower() != "identity":
            raise Problem(ProblemType.MEDIA_TYPE, "The body must not be compressed. Send it without Content-Encoding.")
        return read_json(await read_body(self.request, max_size=MAX_BODY_SIZE, timeout=BODY_TIMEOUT))

    async def run(self, act: Callable[[], Result]) -> Result:
        """Call the store in a thread."""
        return await self.api.calls.run(act)

    async def run_audited(self, action: AuditAction, act: Callable[[], Result], **details: str | None) -> Result:
        """Write what the API key is about to do into the audit log, and do it."""

        def audit_and_act() -> Result:
            actor = Actor(ActorKind.KEY, self.key.name)
            written = self.api.store.audit.record(action, actor, **details)
            logger.info("audit", action=action.value, by=str(actor), **written)
            return act()

        return await self.run(audit_and_act)
