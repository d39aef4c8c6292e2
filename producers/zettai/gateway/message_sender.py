"""Send one message or many for an API request. `SmsClient` checks and records them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from zettai.client import SmsClient
from zettai.core.create_result import CreateResult
from zettai.core.errors import GuardError, InvalidMessage, LedgerUnavailable, NotDurable, TagConflict, ZettaiError
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.new_message import NewMessage, new_tag
from zettai.core.templates import Template
from zettai.gateway.api_keys import ApiKey, ApiKeys
from zettai.gateway.checking import check, check_message, pointer_to
from zettai.gateway.guard_problems import problem_of
from zettai.gateway.idempotency import client_tag_of
from zettai.gateway.inputs.messages import MessageInput, MessagesInput, TemplateInput
from zettai.gateway.problems import Problem, ProblemType, invalid_values
from zettai.gateway.store_calls import RETRY_SOON
from zettai.gateway.tag_owners import check_tag_owner, tag_conflict


@dataclass(frozen=True, slots=True)
class Sent:
    """A recorded message. `repeated` means that it existed before this request."""

    message: Message
    repeated: bool

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return 200 if self.repeated else 201


@dataclass(frozen=True, slots=True)
class Item:
    """A valid message of a request. It has a tag before anything is recorded, so that each problem can name it.

    Attributes:
        message: the message.
        durable: whether the caller waits for the disk, if it is the only message.
        made_tag: whether the gateway made the tag.
    """

    message: NewMessage
    durable: bool | None
    made_tag: bool

    @property
    def client_tag(self) -> str:
        """The client tag."""
        return self.message.client_tag


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of a request in their order; a problem in place of an invalid one."""

    checked: Sequence[Item | Problem]
    durable: bool | None

    @property
    def items(self) -> list[Item]:
        """The valid messages."""
        return [one for one in self.checked if isinstance(one, Item)]


@dataclass(frozen=True, slots=True)
class MessageSender:
    """Reads and sends the messages of one request.

    Attributes:
        client: records the messages.
        caller: the API key of the request.
        keys: all API keys.
        idempotency_key: the `Idempotency-Key` of the request, or None.
        traceparent: the trace context of the request, or None.
    """

    client: SmsClient
    caller: ApiKey
    keys: ApiKeys
    idempotency_key: str | None
    traceparent: str | None = None

    def read(self, value: object) -> Item:
        """Read one message.

        Raises:
            Problem: the message is invalid.
        """
        return self._read(self._checked(value, "#"), 0, "#", Lane.NORMAL)

    def read_many(self, value: object) -> Batch:
        """Read many messages. Each is checked separately.

        Raises:
            Problem: the value is not a list of messages.
        """
        if isinstance(value, dict) and "template" in value:
            return self._read_rows(check(TemplateInput, value))
        many = check(MessagesInput, value)
        checked = [self._read_one_of_many(one, position, "messages") for position, one in enumerate(many.messages)]
        return Batch(checked, many.durable)

    def send(self, item: Item) -> Sent:
        """Send one message.

        Raises:
            Problem: the message is invalid, or it may not be recorded.
        """
        [answer] = self._send([item], durable=item.durable)
        if isinstance(answer, Problem):
            raise answer
        return answer

    def send_many(self, batch: Batch) -> list[Sent | Problem]:
        """Send many messages. Return a result for each, in order."""
        answers = iter(self._send(batch.items, durable=batch.durable))
        return [one if isinstance(one, Problem) else next(answers) for one in batch.checked]

    def _read(self, given: MessageInput, position: int, pointer: str, lane: Lane) -> Item:
        tag, key = given.client_tag, self.idempotency_key
        made_tag = tag is None
        own_tag = None if key is None else client_tag_of(self.caller.name, key, position)
        if tag is None:
            tag = own_tag or new_tag()
        elif tag != own_tag:
            check_tag_owner(tag, self.caller, self.keys)
        arguments = given.arguments(tag, lane, self.caller, self.traceparent)
        try:
            return Item(self.client.new_message(**arguments), given.durable, made_tag)
        except InvalidMessage as error:
            found = self.client.problems(**arguments) or [error]
        # A repeated request may be invalid only because its `send_at` is past. The tag finds the first message.
        known_tag = None if made_tag and key is None else tag
        raise invalid_values(
            *((pointer_to(pointer, [problem.field]), problem) for problem in found), client_tag=known_tag
        )

    def _checked(self, value: object, pointer: str) -> MessageInput:
        return check_message(
            value, pointer, lambda given: self.client.problems(**given.arguments("tag", Lane.NORMAL, self.caller))
        )

    def _read_rows(self, many: TemplateInput) -> Batch:
        """Read the rows of a template.

        Raises:
            Problem: the template is invalid.
        """
        try:
            template = Template.parse(many.template)
        except InvalidMessage as error:
            raise invalid_values((pointer_to("#", [error.field]), error)) from None
        return Batch([self._read_row(template, row, position) for position, row in enumerate(many.rows)], many.durable)

    def _read_row(self, template: Template, row: Any, position: int) -> Item | Problem:
        if not isinstance(row, dict):
            return invalid_values(
                (f"#/rows/{position}", InvalidMessage("row", InvalidValue(InvalidReason.NOT_AN_OBJECT)))
            )
        try:
            return self._read_one_of_many(template.arguments(row), position, "rows")
        except InvalidMessage as error:
            return invalid_values((pointer_to(f"#/rows/{position}", [error.field]), error))

    def _read_one_of_many(self, value: object, position: int, field: str) -> Item | Problem:
        pointer = f"#/{field}/{position}"
        try:
            given = self._checked(value, pointer)
            if given.durable is not None:
                problem = InvalidValue(InvalidReason.DURABLE_IN_BATCH, beside=field)
                return invalid_values((f"{pointer}/durable", InvalidMessage("durable", problem)))
            return self._read(given, position, pointer, Lane.BULK)
        except Problem as problem:
            # Its frames hold the message and all that was found.
            return problem.with_traceback(None)

    def _send(self, items: Sequence[Item], *, durable: bool | None) -> list[Sent | Problem]:
        results = self._results([item.message for item in items], durable=durable)
        has_key = self.idempotency_key is not None
        return [_answer(result, item, has_key=has_key) for item, result in zip(items, results, strict=True)]

    def _results(self, items: Sequence[NewMessage], *, durable: bool | None) -> Iterator[CreateResult]:
        """Yield a result for each item. After Redis fails, the remaining items have the same error."""
        done = 0
        try:
            for result in self.client.send_many(items, durable=durable):
                yield result
                done += 1
        except LedgerUnavailable as error:
            yield from (CreateResult(position=position, error=error) for position in range(done, len(items)))


def _answer(result: CreateResult, item: Item, *, has_key: bool) -> Sent | Problem:
    if result.message is not None and result.error is None:
        return Sent(result.message, result.repeated)
    return _problem(result.error or ZettaiError(), item, has_key=has_key)


def _problem(error: ZettaiError, item: Item, *, has_key: bool) -> Problem:
    tag = item.client_tag
    match error:
        case GuardError():
            return problem_of(error)
        case TagConflict() if has_key and item.made_tag:
            return Problem(ProblemType.KEY_REUSED, "Use a new key for a new message.", client_tag=tag)
        case TagConflict():
            return tag_conflict(tag)
        case NotDurable():
            detail = "The message will be sent. To wait for the disk again, repeat the request with this client_tag."
            return Problem(ProblemType.NOT_DURABLE, detail, client_tag=tag, headers=RETRY_SOON)
        case LedgerUnavailable():
            detail = (
                "The message may or may not be recorded. Repeat the request with this client_tag. It is sent only once."
            )
            return Problem(ProblemType.UNAVAILABLE, detail, client_tag=tag, headers=RETRY_SOON)
    return Problem(ProblemType.INTERNAL, client_tag=tag)
