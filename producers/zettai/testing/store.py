"""The part of the store that producers use, in memory."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Self, TypedDict, Unpack

from zettai.core.carriers import Carrier
from zettai.core.create_result import CreateResult
from zettai.core.errors import TagConflict
from zettai.core.events import EventType, MessageEvent
from zettai.core.message import SUPPRESSED, Event, Message
from zettai.core.new_message import NewMessage
from zettai.core.options import CarrierName
from zettai.core.replacement import Changes, Replacement, ReplaceOutcome
from zettai.core.states import EVENT_STATES, TRANSITIONS, UNSENT, State
from zettai.core.store.durability import Disk
from zettai.core.times import now, to_milliseconds
from zettai.testing.campaigns import InMemoryCampaigns
from zettai.testing.erasing import InMemoryErasure
from zettai.testing.suppressions import InMemorySuppressions


class DeliveryResult(TypedDict, total=False):
    """What the provider names with a final status: see the attributes of `Message`."""

    carrier_found: CarrierName
    parts: int
    detail: str


_BEING_SUBMITTED = frozenset({State.SUBMITTING, State.SUBMIT_UNKNOWN})


class InMemoryStore(InMemoryErasure):
    """Keeps messages. Each method does what the one of the same name in `MessageStore` does."""

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

    def move(self, client_tag: str, *states: State | str, reason: str, **result: Unpack[DeliveryResult]) -> Message:
        """Move a message through states, and return it; see `FakeSmsClient.move`."""
        found: dict[str, Any] = dict(result)
        if "carrier_found" in found:
            found["carrier_found"] = Carrier(found["carrier_found"])
        for state in states:
            self._move(client_tag, State(state), reason, found)
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

    def _move(
        self, client_tag: str, state: State, reason: str, result: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        message, at = self.messages[client_tag], now()
        if not TRANSITIONS[message.state]:
            raise ValueError(f"{client_tag} is already in the final state {message.state}")
        self.messages[client_tag] = replace(
            message,
            state=state,
            since=at,
            reason=reason,
            history=(*message.history, Event(at, state, reason)),
            **result,
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
