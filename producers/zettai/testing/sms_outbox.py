"""For your own tests: the messages that all clients of the process send, while nothing of them reaches Redis.

With pytest, use the fixture `sms_outbox`. Elsewhere, for example in a `unittest.TestCase`, use `capture_sms`.

Example:
    >>> from zettai import SmsClient
    >>> from zettai.testing.sms_outbox import capture_sms
    >>> client = SmsClient.from_env()
    >>> with capture_sms() as sms_outbox:
    ...     message = client.send("09012345678", "Your code is 123456", lane="urgent")
    >>> sms_outbox[0].body
    'Your code is 123456'
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Unpack, overload
from unittest.mock import patch

from zettai.client import SmsClient
from zettai.core.events import MessageEvent
from zettai.core.message import Message
from zettai.core.new_message import NewMessage
from zettai.core.states import State
from zettai.core.times import MILLISECOND
from zettai.testing import FakeSmsClient, InMemoryStore
from zettai.testing.store import DeliveryResult

_SHARED = {SmsClient: ("_store", "_writer", "campaigns", "suppressions"), FakeSmsClient: ("_memory",)}
"""The attributes through which a client reaches its messages."""


class SmsOutbox(Sequence[NewMessage]):
    """All messages sent so far, oldest first, with phone number and text. Suppressed messages are left out."""

    __hash__ = None  # type: ignore[assignment] # like a list: it changes

    def __init__(self, memory: InMemoryStore) -> None:
        self._memory = memory

    @overload
    def __getitem__(self, index: int) -> NewMessage: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[NewMessage]: ...
    def __getitem__(self, index: int | slice) -> NewMessage | Sequence[NewMessage]:
        return self._memory.sent()[index]

    def __len__(self) -> int:
        return len(self._memory.sent())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __repr__(self) -> str:
        return repr(self._memory.sent())

    def move(
        self, client_tag: str, *states: State | str, reason: str = "test", **result: Unpack[DeliveryResult]
    ) -> Message:
        """Move a message to a state, as the workers would do, and return it; see `FakeSmsClient.move`.

        Raises:
            KeyError: no message has this tag.
            ValueError: the message is in a final state already.
        """
        return self._memory.move(client_tag, *states, reason=reason, **result)

    def clear(self) -> None:
        """Delete all messages."""
        self._memory.clear()


@contextmanager
def capture_sms() -> Iterator[SmsOutbox]:
    """Keep the messages of all clients of this process in memory, in a `with` block.

    It holds for every `SmsClient`, whenever it is built: also for the clients of Django, Flask and FastAPI, and for
    fake ones. Each keeps its own settings. None of them connects to Redis.
    """
    memory = InMemoryStore()
    fake = FakeSmsClient(memory=memory)
    with ExitStack() as patches:
        for owner, names in _SHARED.items():
            for name in names:
                patches.enter_context(patch.object(owner, name, _Shared(name, vars(fake)[name]), create=True))
        patches.enter_context(patch.object(SmsClient, "_open_reader", _reader_of(fake)))
        patches.enter_context(patch.object(SmsClient, "events", _ending(SmsClient.events)))
        patches.enter_context(patch("zettai.client.check_at_start"))
        yield SmsOutbox(memory)


class _Shared:
    """An attribute with the same value for all clients. Each client's own value is kept for later."""

    def __init__(self, name: str, value: object) -> None:
        self._name = name
        self._value = value

    def __get__(self, client: object, _owner: type | None = None) -> object:
        return self._value

    def __set__(self, client: object, value: object) -> None:
        vars(client)[self._name] = value


def _reader_of(fake: FakeSmsClient) -> Any:
    open_reader = fake._open_reader  # noqa: SLF001
    return lambda _client, *arguments: open_reader(*arguments)


def _ending(events: Any) -> Any:
    """Return `events` that ends after the last event: no other process adds one."""

    def ending(client: SmsClient, **options: Any) -> Iterator[MessageEvent]:
        iterator: Iterator[MessageEvent] = events(client, **{**options, "timeout": MILLISECOND})
        return iterator

    return ending
