"""For your own tests: a client that validates like the real one, and sends nothing.

Example:
    >>> from zettai.testing import FakeSmsClient
    >>> client = FakeSmsClient()
    >>> message = client.send("09012345678", "Your code is 123456", lane="urgent")
    >>> client.outbox[0].body
    'Your code is 123456'
    >>> client.move(message.client_tag, "delivered").state
    <State.DELIVERED: 'delivered'>
    >>> [event.type.value for event in client.events(group="billing")]
    ['delivered']
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

from zettai.client import SmsClient
from zettai.core.create_result import CreateResult
from zettai.core.errors import TagConflict
from zettai.core.events import EventType, MessageEvent
from zettai.core.lanes import Lane
from zettai.core.message import SUPPRESSED, Event, Message
from zettai.core.new_message import NewMessage
from zettai.core.replacement import Changes, Replacement, ReplaceOutcome
from zettai.core.settings import Settings
from zettai.core.states import EVENT_STATES, TRANSITIONS, UNSENT, State
from zettai.core.store.durability import Disk
from zettai.core.times import MILLISECOND, now, to_milliseconds
from zettai.subscriber import EventStart, Reader
from zettai.testing.campaigns import InMemoryCampaigns
from zettai.testing.erasing import InMemoryErasure
from zettai.testing.suppressions import InMemorySuppressions

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
        own_memory = memory or InMemoryStore()
        self._memory = own_memory
        super().__init__(settings or Settings.model_construct(), store=own_memory, publisher=_NoPublisher())

    @property
    def outbox(self) -> list[NewMessage]:
        """All messages sent so far, oldest first, with phone number and body. Suppressed messages are left out."""
        return self._memory.sent()

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
        return self._memory.move(client_tag, *states, reason=reason)

    def events(self, **options: Any) -> Iterator[MessageEvent]:
        """Yield events; see `SmsClient.events`. It ends after the last event, and a new group starts at the oldest."""
        return super().events(**{**options, "timeout": MILLISECOND})

    def _open_reader(self, group: str, reader: str, start: EventStart) -> Reader:  # noqa: ARG002
        return _InMemoryReader(self._memory, self._memory.acknowledged.setdefault(group, set()))


class InMemoryStore(InMemoryErasure):
    """The part of the store that producers use, in memory."""

    def __init__(self) -> None:
        self.outbox: dict[str, NewMessage] = {}
        self.messages: dict[str, Message] = {}
        self.campaigns = InMemoryCampaigns(self.messages)
        self.suppressions = InMemorySuppressions()
        self.events: list[MessageEvent] = []
        self.to_erase: set[str] = set()
        self.acknowledged: dict[str, set[str]] = {}

    def sent(self) -> list[NewMessage]:
        """Return the messages that are not suppressed, oldest first."""
        return [new for tag, new in self.outbox.items() if not self.messages[tag].is_suppressed]

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

    def find_number(self, number: str) -> Iterator[Message]:
        """Yield messages; see `MessageStore.find_number`. All are found, without a key."""
        return (message for message in self.find() if message.to == number)

    def tags(self, *, state: State | None = None, group: str | None = None) -> Iterator[str]:
        """Yield tags; see `MessageStore.tags`."""
        return (message.client_tag for message in self.find(state=state, group=group))

    def cancel(self, client_tags: Sequence[str], owner: str | None = None) -> list[str]:
        """Cancel messages; see `MessageStore.cancel`. A reservation is canceled at once."""
        return [self._cancel(tag, owner) for tag in client_tags]

    def cancel_durably(
        self,
        client_tags: Sequence[str],
        disk: Disk,  # noqa: ARG002
        owner: str | None = None,
    ) -> tuple[list[str], bool]:
        """Cancel messages; see `MessageStore.cancel_durably`. Memory counts as disk."""
        return self.cancel(client_tags, owner), True

    def replace(
        self,
        client_tag: str,
        changes: Changes,
        disk: Disk | None = None,  # noqa: ARG002
        *,
        owner: str | None = None,
    ) -> tuple[Replacement, bool, bool]:
        """Replace a message; see `ReplacementStore.replace`. A reservation is replaced at once."""
        message = self.messages.get(client_tag)
        if message is None or owner not in {None, message.owner}:
            return Replacement(ReplaceOutcome.NOT_FOUND), False, True
        if message.state not in UNSENT | {State.SCHEDULED}:
            is_pending = message.state in _BEING_SUBMITTED
            return Replacement(ReplaceOutcome.PENDING if is_pending else ReplaceOutcome.TOO_LATE), False, True
        new = changes.successor_of(message, self.outbox[client_tag].body)
        if new.client_tag in self.outbox:
            raise TagConflict(new.client_tag)
        self._move(client_tag, State.CANCELED, "replaced")
        self.messages[client_tag] = replace(self.messages[client_tag], replaced_by=new.client_tag)
        [result] = self.create([new])
        successor = replace(result.message_or_raise(), replaces=client_tag)
        self.messages[new.client_tag] = successor
        return Replacement(ReplaceOutcome.REPLACED, new.client_tag, successor), False, True

    def hold_reservations(self, client_tags: Sequence[str]) -> list[str]:
        """Replace reservations; see `ReplacementStore.hold_reservations`. They are replaced at once."""
        reserved = [tag for tag in client_tags if self.messages[tag].state is State.SCHEDULED]
        for tag in reserved:
            self.replace(tag, Changes(send_at=None, body=self.outbox[tag].body, client_tag=None))
        return reserved

    def request_bulk_cancel(self, group: str | None) -> None:
        """Do nothing: there are no workers that would ask for it."""

    @property
    def accounts(self) -> Sequence[str | None]:
        """The accounts of the messages."""
        return list(dict.fromkeys(message.account for message in self.messages.values()))

    def only(self, accounts: Iterable[str | None]) -> Self:  # noqa: ARG002 - see AccountStores.only
        """Return this store: in a test, the messages of all accounts are seen."""
        return self

    def accounts_of(self, client_tags: Sequence[str]) -> Sequence[str | None]:
        """Return the account of each message; see `MessageStore.accounts_of`."""
        return [self.messages[tag].account if tag in self.messages else None for tag in client_tags]

    def move(self, client_tag: str, *states: State | str, reason: str) -> Message:
        """Move a message through states, and return it; see `FakeSmsClient.move`."""
        for state in states:
            self._move(client_tag, State(state), reason)
        return self.messages[client_tag]

    def clear(self) -> None:
        """Delete all messages."""
        self.outbox.clear()
        self.messages.clear()
        self.campaigns.clear()
        self.suppressions.clear()
        self.events.clear()
        self.to_erase.clear()
        self.acknowledged.clear()

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def _move(self, client_tag: str, state: State, reason: str) -> None:
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
        if state in EVENT_STATES:
            self._append(EventType(state.value), client_tag, reason, message)
        if message.group and state.is_final and not message.state.is_final and self._is_finished(message):
            self._append(EventType.GROUP_FINISHED, "", "", message)
        self.erase_if_final(client_tag)

    def _is_finished(self, last: Message) -> bool:
        group = (last.group, last.owner)
        return all(one.state.is_final for one in self.messages.values() if (one.group, one.owner) == group)

    def _append(self, event_type: EventType, client_tag: str, reason: str, message: Message) -> None:
        at = now()
        self.events.append(
            MessageEvent(
                id=f"{to_milliseconds(at)}-{len(self.events)}",
                type=event_type,
                at=at,
                client_tag=client_tag,
                reason=reason,
                group=message.group,
                created_by=message.created_by,
            )
        )

    def _create(self, new: NewMessage) -> CreateResult:
        existing = self.outbox.get(new.client_tag)
        if existing is not None:
            message = self.messages[new.client_tag]
            is_repeated = message.is_repeated_by(new) if message.state.is_final else existing.content == new.content
            if existing.owner != new.owner or not is_repeated:
                return CreateResult(error=TagConflict(new.client_tag))
            return CreateResult(message=message, repeated=True)
        message = Message.from_new(new, now())
        self.outbox[new.client_tag] = new
        self.messages[new.client_tag] = message
        suppression = self.suppressions.get(self.suppressions.key.hash_of(new.to))
        if suppression is not None and suppression.blocks(new.category):
            self._move(new.client_tag, State.CANCELED, SUPPRESSED)
        return CreateResult(message=self.messages[new.client_tag])

    def _cancel(self, client_tag: str, owner: str | None) -> str:
        message = self.messages.get(client_tag)
        if message is None or owner not in {None, message.owner}:
            return "not_found"
        if message.state in UNSENT | {State.SCHEDULED}:
            self._move(client_tag, State.CANCELED, "on request")
            return "canceled"
        if message.state is State.CANCELED:
            return "canceled"
        return "pending" if message.state in _BEING_SUBMITTED else "too_late"


class _InMemoryReader:
    """Gives a group the events that it has not acknowledged."""

    def __init__(self, memory: InMemoryStore, acknowledged: set[str]) -> None:
        self._memory = memory
        self._acknowledged = acknowledged

    def read(self, wait: timedelta) -> Sequence[MessageEvent]:  # noqa: ARG002 - nothing comes while one waits
        """Return them."""
        return [event for event in self._memory.events if event.id not in self._acknowledged]

    def acknowledge(self, event_ids: Iterable[str]) -> None:
        """Note that events are done."""
        self._acknowledged.update(event_ids)

    def message(self, client_tag: str) -> Message | None:
        """Return a message."""
        return self._memory.messages.get(client_tag)

    def renew(self) -> None:
        """Do nothing: there is no other reader."""

    def close(self) -> None:
        """Do nothing: there is no connection."""


class _NoPublisher:
    """Publishes nothing."""

    def publish(self, task: str, lane: Lane, *arguments: object, account: str | None = None) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""
