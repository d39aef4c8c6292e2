"""For your own tests: a client that validates like the real one, and sends nothing.

Example:
    >>> from zettai.testing import FakeSmsClient
    >>> client = FakeSmsClient()
    >>> message = client.send("09012345678", "Your code is 123456", lane="urgent")
    >>> client.outbox[0].body
    'Your code is 123456'
    >>> client.move(message.client_tag, "delivered").state
    <State.DELIVERED: 'delivered'>
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from zettai.client import SmsClient
from zettai.core.create_result import CreateResult
from zettai.core.errors import TagConflict
from zettai.core.lanes import Lane
from zettai.core.message import Event, Message
from zettai.core.new_message import NewMessage
from zettai.core.settings import Settings
from zettai.core.states import TRANSITIONS, UNSENT, State
from zettai.core.store.durability import Disk
from zettai.core.times import now

_BEING_SUBMITTED = frozenset({State.SUBMITTING, State.SUBMIT_UNKNOWN})


class FakeSmsClient(SmsClient):
    """An `SmsClient` without Redis. It puts messages into its outbox."""

    def __init__(self, settings: Settings | None = None, *, memory: "InMemoryStore | None" = None) -> None:
        """Build a client.

        Args:
            settings: the defaults for messages. Without them the defaults of the product apply; the environment is not
                read.
            memory: keeps the messages, if several clients share them.
        """
        self._memory = memory or InMemoryStore()
        super().__init__(settings or Settings.model_construct(), store=self._memory, publisher=_NoPublisher())

    @property
    def outbox(self) -> list[NewMessage]:
        """All messages sent so far, oldest first, with phone number and body."""
        return list(self._memory.outbox.values())

    def clear(self) -> None:
        """Delete all messages, for a client that several tests share."""
        self._memory.clear()

    def move(self, client_tag: str, *states: State | str, reason: str = "test") -> Message:
        """Move a message to a state, as the workers would do, and return it.

        Args:
            client_tag: the message.
            states: one state, or several in their order. Intermediate states may be left out.
            reason: recorded in the history.

        Raises:
            KeyError: no message has this tag.
            ValueError: the message is in a final state already.
        """
        for state in states:
            self._memory.move(client_tag, State(state), reason)
        return self._memory.messages[client_tag]


class InMemoryStore:
    """The part of the store that producers use, in memory."""

    def __init__(self) -> None:
        self.outbox: dict[str, NewMessage] = {}
        self.messages: dict[str, Message] = {}

    def create(self, messages: Sequence[NewMessage]) -> list[CreateResult]:
        """Record new messages; see `MessageStore.create`."""
        return [self._create(message) for message in messages]

    def create_durably(self, messages: Sequence[NewMessage], disk: Disk) -> list[CreateResult]:  # noqa: ARG002
        """Record new messages; see `MessageStore.create_durably`. Memory counts as disk."""
        return self.create(messages)

    def get(self, client_tags: Iterable[str]) -> list[Message | None]:
        """Return messages; see `MessageStore.get`."""
        return [self.messages.get(tag) for tag in client_tags]

    def find(self, *, state: State | None = None, group: str | None = None) -> Iterator[Message]:
        """Yield messages; see `MessageStore.find`."""
        for message in reversed(list(self.messages.values())):
            if state in {None, message.state} and group in {None, message.group}:
                yield message

    def tags(self, *, state: State | None = None, group: str | None = None) -> Iterator[str]:
        """Yield tags; see `MessageStore.tags`."""
        return (message.client_tag for message in self.find(state=state, group=group))

    def cancel(self, client_tags: Sequence[str]) -> list[str]:
        """Cancel messages; see `MessageStore.cancel`. A reservation is canceled at once."""
        return [self._cancel(tag) for tag in client_tags]

    def cancel_durably(self, client_tags: Sequence[str], disk: Disk) -> tuple[list[str], bool]:  # noqa: ARG002
        """Cancel messages; see `MessageStore.cancel_durably`. Memory counts as disk."""
        return self.cancel(client_tags), True

    def request_bulk_cancel(self, group: str | None) -> None:
        """Do nothing: there are no workers that would ask for it."""

    def move(self, client_tag: str, state: State, reason: str) -> None:
        """Move a message to a state. Intermediate states may be left out."""
        message, at = self.messages[client_tag], now()
        if not TRANSITIONS[message.state]:
            raise ValueError(f"{client_tag} is already in the final state {message.state}")
        self.messages[client_tag] = replace(
            message,
            state=state,
            since=at,
            reason=reason,
            history=(*message.history, Event(at, state, reason)),
        )

    def clear(self) -> None:
        """Delete all messages."""
        self.outbox.clear()
        self.messages.clear()

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _create(self, new: NewMessage) -> CreateResult:
        existing = self.outbox.get(new.client_tag)
        if existing is not None:
            if existing.digest != new.digest:
                return CreateResult(error=TagConflict(new.client_tag))
            return CreateResult(message=self.messages[new.client_tag], repeated=True)
        message = Message.from_new(new, now())
        self.outbox[new.client_tag] = new
        self.messages[new.client_tag] = message
        return CreateResult(message=message)

    def _cancel(self, client_tag: str) -> str:
        message = self.messages.get(client_tag)
        if message is None:
            return "not_found"
        if message.state in UNSENT | {State.SCHEDULED}:
            self.move(client_tag, State.CANCELED, "on request")
            return "canceled"
        if message.state is State.CANCELED:
            return "canceled"
        return "pending" if message.state in _BEING_SUBMITTED else "too_late"


class _NoPublisher:
    """Publishes nothing."""

    def publish(self, task: str, lane: Lane, *arguments: object) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
