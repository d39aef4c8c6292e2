"""Sending by HTTP: one message or many, through `SmsClient`. What may be sent, and once, is decided there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from uuid_utils import uuid7

from zettai.client import SmsClient
from zettai.core.create_result import CreateResult
from zettai.core.errors import InvalidMessage, LedgerUnavailable, NotDurable, TagConflict, ZettaiError
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.gateway.idempotency import tag_of
from zettai.gateway.inputs import MessageInput, MessagesInput, check
from zettai.gateway.problems import Kind, Problem

AGAIN = {"Retry-After": "1"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is recorded; `repeated` where it was so before."""

    message: Message
    repeated: bool

    @property
    def status(self) -> int:
        """As HTTP has it."""
        return 200 if self.repeated else 201


@dataclass(frozen=True, slots=True)
class _Item:
    """A message of a request: where it stands, and what `SmsClient.send` is given for it."""

    place: str
    message: MessageInput
    keywords: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what one request asks for.

    Attributes:
        client: that sends.
        caller: the name of the API key.
        key: the request's `Idempotency-Key`, where it has one.
    """

    client: SmsClient
    caller: str
    key: str | None

    def send(self, value: object) -> Sent:
        """Send one message.

        Raises:
            Problem: why it was not sent, or is not known to be.
        """
        message = check(MessageInput, value)
        one = _Item("#", message, self._keywords(message, 0, Lane.NORMAL))
        [answer] = self._send([one], durable=message.durable)
        if isinstance(answer, Problem):
            raise answer
        return answer

    def send_many(self, value: object) -> list[Sent | Problem]:
        """Send many messages; answers what became of each, in order.

        Raises:
            Problem: that is no list of messages; nothing was sent.
        """
        many = check(MessagesInput, value)
        checked = [_try(one, f"#/messages/{position}") for position, one in enumerate(many.messages)]
        items = [
            _Item(f"#/messages/{position}", one, self._keywords(one, position, Lane.BULK))
            for position, one in enumerate(checked)
            if isinstance(one, MessageInput)
        ]
        answers = iter(self._send(items, durable=many.durable))
        return [one if isinstance(one, Problem) else next(answers) for one in checked]

    def _keywords(self, message: MessageInput, position: int, lane: Lane) -> dict[str, Any]:
        """Those of `SmsClient.send`. There is always a tag, so that every answer can name it."""
        keywords = message.keywords(lane)
        if keywords["client_tag"] is None:
            tag = str(uuid7()) if self.key is None else tag_of(self.caller, self.key, position)
            keywords["client_tag"] = tag
        return keywords

    def _send(self, items: Sequence[_Item], *, durable: bool | None) -> list[Sent | Problem]:
        results = self._receipts([item.keywords for item in items], durable=durable)
        keyed = self.key is not None
        return [_answer(result, item, keyed=keyed) for item, result in zip(items, results, strict=True)]

    def _receipts(self, items: Sequence[Mapping[str, Any]], *, durable: bool | None) -> Iterator[CreateResult]:
        """A result for each; once Redis is away, for all that follow the same one."""
        done = 0
        try:
            for result in self.client.send_many(items, durable=durable):
                yield result
                done += 1
        except LedgerUnavailable as error:
            yield from (CreateResult(position=position, error=error) for position in range(done, len(items)))


def _try(value: object, place: str) -> MessageInput | Problem:
    try:
        message = check(MessageInput, value, place)
    except Problem as problem:
        return problem
    if message.durable is not None:
        detail = f"{place}/durable: is for all of a request; give it beside messages"
        return Problem(Kind.INVALID, detail, errors=[{"pointer": f"{place}/durable", "detail": detail}])
    return message


def _answer(result: CreateResult, item: _Item, *, keyed: bool) -> Sent | Problem:
    if result.message is not None and result.error is None:
        return Sent(result.message, result.repeated)
    return _problem(result.error or ZettaiError(), item, keyed=keyed)


def _problem(error: ZettaiError, item: _Item, *, keyed: bool) -> Problem:
    tag = str(item.keywords["client_tag"])
    match error:
        case InvalidMessage():
            wrong = {"pointer": f"{item.place}/{error.field}", "detail": error.reason}
            # By its tag a client can see what became of the request that it repeats, perhaps after its `send_at`.
            known = tag if keyed or item.message.client_tag is not None else None
            return Problem(Kind.INVALID, f"{wrong['pointer']}: {error.reason}", errors=[wrong], client_tag=known)
        case TagConflict() if keyed and item.message.client_tag is None:
            return Problem(Kind.KEY_REUSED, "it was used for another message; use a new key", client_tag=tag)
        case TagConflict():
            return Problem(Kind.TAG_CONFLICT, str(error), client_tag=tag)
        case NotDurable():
            return Problem(Kind.NOT_DURABLE, str(error), client_tag=tag, headers=AGAIN)
        case LedgerUnavailable():
            again = "whether the message is recorded is not known; repeat it with this client_tag, which sends once"
            return Problem(Kind.UNAVAILABLE, again, client_tag=tag, headers=AGAIN)
    return Problem(Kind.INTERNAL, client_tag=tag)
