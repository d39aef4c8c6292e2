"""The methods of `SmsClient` that return messages and events."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from zettai.core.errors import InvalidMessage
from zettai.core.events import EventType, MessageEvent
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.message import Message
from zettai.core.options import StateName
from zettai.core.settings import Settings
from zettai.core.states import State
from zettai.core.store.connection import UNRETRIED, connect, store_errors
from zettai.core.store.event_reader import EventReader
from zettai.core.store.keys import Keys
from zettai.core.store.store import MessageStore
from zettai.subscriber import (
    EventStart,
    Reader,
    checked_group,
    checked_name,
    checked_start,
    checked_timeout,
    checked_types,
    deliver,
)
from zettai.suppressions import checked_number
from zettai.tags_and_groups import check_group, is_valid_tag
from zettai.writer import ProducerStore


class ReadMethods:
    """Part of `SmsClient`."""

    _settings: Settings
    _store: ProducerStore
    _retry_for: timedelta

    def get(self, client_tag: str) -> Message | None:
        """Return a message with its history, or None if no message has this tag."""
        if not is_valid_tag(client_tag):
            return None
        with store_errors(retry_for=self._retry_for):
            return self._store.get([client_tag])[0]

    def list(self, *, state: StateName | None = None, group: str | None = None) -> Iterator[Message]:
        """Yield the messages of a state, of a group, or of both; newest first within a state or group.

        Raises:
            InvalidMessage: the state or the group is not valid.
        """
        if group is not None:
            check_group(group)
        if state is not None and state not in list(State):
            raise InvalidMessage("state", InvalidValue(InvalidReason.NOT_A_CHOICE, choices=", ".join(State)))
        with store_errors():
            yield from self._store.find(state=State(state) if state is not None else None, group=group)

    def find(self, number: str, *, owner: str | None = None) -> Iterator[Message]:
        """Yield the messages to a phone number, newest first. See docs/how-to/personal-data.md.

        It needs `ZETTAI_INDEX_KEY`, and finds messages that were recorded with it.

        Args:
            number: a Japanese mobile number, as people write it.
            owner: only messages of this owner; None finds those of any.

        Raises:
            InvalidMessage: the number is not valid.
            SettingsError: there is no `ZETTAI_INDEX_KEY`.
            LedgerUnavailable: Redis did not answer.
        """
        normal = checked_number(number)
        with store_errors():
            yield from (one for one in self._store.find_number(normal) if owner in {None, one.owner})

    def events(
        self,
        *,
        group: str,
        types: Iterable[EventType | str] | None = None,
        start: EventStart | str = EventStart.NOW,
        reader: str = "default",
        timeout: timedelta | None = None,
    ) -> Iterator[MessageEvent]:
        """Yield what happens to messages, oldest first. See docs/how-to/events.md.

        Each group of readers gets every event at least once. An event is done when you ask for the next one. If you
        stop before that, the next loop of the same group and reader starts with it.

        Args:
            group: names the readers that share the events, such as `billing`. Redis remembers how far it has read.
            types: only these types of events; all by default.
            start: where a new group starts: `now`, or `oldest` for the oldest event that Redis keeps.
            reader: the name of this process, if several processes share the events of a group.
            timeout: the iteration ends after this time without an event. By default it never ends.

        Raises:
            InvalidMessage: an argument is not valid.
            LedgerUnavailable: Redis did not answer. Call again to continue.
        """
        checked, wait = checked_types(types), checked_timeout(timeout)
        opened = self._open_reader(checked_group(group), checked_name("reader", reader), checked_start(start))
        return deliver(opened, checked, wait)

    def _open_reader(self, group: str, reader: str, start: EventStart) -> Reader:
        """Open a reader of events. It has its own connection, because it waits."""
        redis = connect(self._settings.redis_url, retry=UNRETRIED)
        with store_errors():
            store = MessageStore(redis, Keys(self._settings.key_prefix), secrets=self._settings.secret_keys())
            return EventReader(store, group, reader, from_oldest=start is EventStart.OLDEST)
