"""For your own tests: a client that checks like the real one, and sends nothing.

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
from zettai.core.lanes import Lane
from zettai.core.message import Event, Message, recorded
from zettai.core.settings import Settings
from zettai.core.states import TRANSITIONS, UNSENT, State
from zettai.core.store import Created
from zettai.core.store.durability import Disk
from zettai.core.times import now
from zettai.core.validation import Draft

_IN_THE_OPEN = frozenset({State.SUBMITTING, State.SUBMIT_UNKNOWN})


class FakeSmsClient(SmsClient):
    """An `SmsClient` without Redis: what is sent lands in its outbox."""

    def __init__(self, settings: Settings | None = None, *, memory: "InMemoryStore | None" = None) -> None:
        """Build a client.

        Args:
            settings: the defaults for messages; those of the product unless given.
            memory: where messages are kept, if not in a memory of its own.
        """
        self._memory = memory or InMemoryStore()
        super().__init__(settings or Settings.model_construct(), store=self._memory, publisher=_SilentPublisher())

    @property
    def outbox(self) -> list[Draft]:
        """Everything sent so far, oldest first, with number and body."""
        return list(self._memory.drafts.values())

    def clear(self) -> None:
        """Forget everything: for a client that several tests share."""
        self._memory.clear()

    def move(self, client_tag: str, *states: State | str, reason: str = "test") -> Message:
        """Let a message go the way to a state, as workers would: through `states`, or straight to the only one given.

        Raises:
            KeyError: there is no such message.
        """
        for state in states:
            self._memory.move(client_tag, State(state), reason)
        return self._memory.messages[client_tag]


class InMemoryStore:
    """The part of the store that producers see, in memory and for one process."""

    def __init__(self) -> None:
        self.drafts: dict[str, Draft] = {}
        self.messages: dict[str, Message] = {}

    def create(self, drafts: Sequence[Draft]) -> list[Created]:
        """Record drafts; see `MessageStore.create`."""
        return [self._create(draft) for draft in drafts]

    def create_durably(self, drafts: Sequence[Draft], disk: Disk) -> tuple[list[Created], bool]:  # noqa: ARG002
        """Record drafts; see `MessageStore.create_durably`. Memory counts as disk."""
        return self.create(drafts), True

    def get(self, client_tags: Iterable[str]) -> list[Message | None]:
        """Read messages; see `MessageStore.get`."""
        return [self.messages.get(tag) for tag in client_tags]

    def find(self, *, state: State | None = None, group: str | None = None) -> Iterator[Message]:
        """Search messages; see `MessageStore.find`."""
        for message in reversed(list(self.messages.values())):
            if state in {None, message.state} and group in {None, message.group}:
                yield message

    def tags(self, *, state: State | None = None, group: str | None = None) -> Iterator[str]:
        """Search tags; see `MessageStore.tags`."""
        return (message.client_tag for message in self.find(state=state, group=group))

    def cancel(self, client_tags: Sequence[str]) -> list[str]:
        """Cancel messages; see `MessageStore.cancel`. A reservation is canceled at once, as the provider would soon."""
        return [self._cancel(tag) for tag in client_tags]

    def move(self, client_tag: str, state: State, reason: str) -> None:
        """Put a message into a state, whatever lies between: which way workers take is not a user's affair."""
        message, at = self.messages[client_tag], now()
        if not TRANSITIONS[message.state]:
            raise ValueError(f"{client_tag} is {message.state} already, which is its end")
        self.messages[client_tag] = replace(
            message,
            state=state,
            since=at,
            reason=reason,
            history=(*message.history, Event(at, state, reason)),
        )

    def clear(self) -> None:
        """Forget all messages."""
        self.drafts.clear()
        self.messages.clear()

    def close(self) -> None:
        """Nothing is open."""

    def _create(self, draft: Draft) -> Created:
        known = self.drafts.get(draft.client_tag)
        if known is not None:
            return Created(None, conflict=known.digest != draft.digest)
        at = now()
        self.drafts[draft.client_tag] = draft
        self.messages[draft.client_tag] = recorded(draft, at)
        return Created(at)

    def _cancel(self, client_tag: str) -> str:
        message = self.messages.get(client_tag)
        if message is None:
            return "not_found"
        if message.state in UNSENT | {State.SCHEDULED}:
            self.move(client_tag, State.CANCELED, "on request")
            return "canceled"
        if message.state is State.CANCELED:
            return "canceled"
        return "pending" if message.state in _IN_THE_OPEN else "too_late"


class _SilentPublisher:
    """Wakes nobody."""

    def publish(self, task: str, lane: Lane, *arguments: object) -> None:
        """Do nothing."""

    def publish_tags(self, task: str, lane: Lane, tags: Sequence[str]) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Nothing is open."""
