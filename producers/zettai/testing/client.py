"""The fake client: the real one, with a store in memory."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Unpack

from zettai.client import SmsClient
from zettai.core.events import MessageEvent
from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.new_message import NewMessage
from zettai.core.settings import Settings
from zettai.core.states import State
from zettai.core.times import MILLISECOND
from zettai.subscriber import EventStart, Reader
from zettai.testing.store import DeliveryResult, InMemoryStore


class FakeSmsClient(SmsClient):
    """An `SmsClient` without Redis. It puts messages into its outbox."""

    def __init__(self, settings: Settings | None = None, *, memory: InMemoryStore | None = None) -> None:
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

    def move(
        self, client_tag: str, *states: State | str, reason: str = "test", **result: Unpack[DeliveryResult]
    ) -> Message:
        """Move a message to a state, as the workers would do, and return it.

        Args:
            client_tag: the message.
            states: one state, or several in their order. Intermediate states may be left out.
            reason: recorded in the history.
            result: what the provider names with the final status: `carrier_found`, `parts` and `detail`, such as
                "32823".

        Raises:
            KeyError: no message has this tag.
            ValueError: the message is in a final state already.
        """
        return self._memory.move(client_tag, *states, reason=reason, **result)

    def events(self, **options: Any) -> Iterator[MessageEvent]:
        """Yield events; see `SmsClient.events`. It ends after the last event, and a new group starts at the oldest."""
        return super().events(**{**options, "timeout": MILLISECOND})

    def _open_reader(self, group: str, reader: str, start: EventStart) -> Reader:  # noqa: ARG002
        return _InMemoryReader(self._memory, self._memory.acknowledged.setdefault(group, set()))


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
