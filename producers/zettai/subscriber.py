"""Gives events to an application, one by one. An event counts as done when the application asks for the next one."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from time import monotonic
from typing import Protocol

from zettai.core.errors import InvalidMessage
from zettai.core.events import WEBHOOK_READERS, EventType, MessageEvent
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.message import Message
from zettai.core.store.connection import store_errors
from zettai.core.store.event_reader import TAKE_OVER_AFTER
from zettai.core.store.events import WAIT
from zettai.core.validation import TAG_LENGTH, checked_tag


class EventStart(StrEnum):
    """Where a new group of readers starts."""

    NOW = "now"
    OLDEST = "oldest"
    """At the oldest event that Redis keeps."""


class Reader(Protocol):
    """What `EventReader` does. `zettai.testing` has one in memory."""

    def read(self, wait: timedelta) -> Sequence[MessageEvent]: ...  # noqa: D102 - see EventReader
    def acknowledge(self, event_ids: Iterable[str]) -> None: ...  # noqa: D102
    def renew(self) -> None: ...  # noqa: D102
    def message(self, client_tag: str) -> Message | None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


def checked_name(argument: str, name: object) -> str:
    """Return the name of a group of readers, or of a reader.

    Raises:
        InvalidMessage: it is not valid.
    """
    try:
        if isinstance(name, str):
            return checked_tag(name)
    except ValueError:
        pass
    raise InvalidMessage(argument, InvalidValue(InvalidReason.NOT_A_GROUP, longest=TAG_LENGTH))


def checked_group(name: object) -> str:
    """Return the name of a group of readers.

    Raises:
        InvalidMessage: it is not valid, or it would read the events of a webhook endpoint.
    """
    if (checked := checked_name("group", name)).startswith(WEBHOOK_READERS):
        raise InvalidMessage("group", InvalidValue(InvalidReason.RESERVED_GROUP, prefix=WEBHOOK_READERS))
    return checked


def checked_types(types: Iterable[EventType | str] | None) -> frozenset[EventType]:
    """Return the types of events; all of them for None.

    Raises:
        InvalidMessage: a type is unknown, or there is none: a reader would acknowledge all events and yield none.
    """
    with suppress(TypeError, ValueError):
        if found := frozenset(EventType) if types is None else frozenset(EventType(one) for one in types):
            return found
    raise InvalidMessage("types", InvalidValue(InvalidReason.NOT_A_CHOICE, choices=", ".join(EventType)))


def checked_start(start: EventStart | str) -> EventStart:
    """Return where a new group starts.

    Raises:
        InvalidMessage: it is unknown.
    """
    if start not in list(EventStart):
        raise InvalidMessage("start", InvalidValue(InvalidReason.NOT_A_CHOICE, choices=", ".join(EventStart)))
    return EventStart(start)


def checked_timeout(timeout: timedelta | None) -> timedelta | None:
    """Return how long to wait for an event.

    Raises:
        InvalidMessage: it is no timedelta.
    """
    if timeout is None or isinstance(timeout, timedelta):
        return timeout
    raise InvalidMessage("timeout", InvalidValue(InvalidReason.NOT_A_DURATION))


def deliver(reader: Reader, types: frozenset[EventType], timeout: timedelta | None) -> Iterator[MessageEvent]:
    """Yield events with their messages.

    Args:
        reader: reads them. It is closed at the end.
        types: the others are acknowledged at once.
        timeout: the iteration ends after this time without an event; None: never.

    Raises:
        LedgerUnavailable: Redis did not answer. A new reader of the same name continues.
    """
    try:
        idle_since = monotonic()
        while timeout is None or monotonic() - idle_since < timeout.total_seconds():
            for event in _batch(reader, types, WAIT if timeout is None else min(WAIT, timeout)):
                yield event
                with store_errors():
                    reader.acknowledge([event.id])
                idle_since = monotonic()
    finally:
        reader.close()


def _batch(reader: Reader, types: frozenset[EventType], wait: timedelta) -> Iterator[MessageEvent]:
    """Yield the events that one read returns.

    If the application is slow, the rest is read again, so that no other reader takes it over meanwhile.
    """
    with store_errors():
        events = reader.read(wait)
        if others := [event.id for event in events if event.type not in types]:
            reader.acknowledge(others)
    read_at = monotonic()
    for event in events:
        if event.type not in types:
            continue
        if monotonic() - read_at > TAKE_OVER_AFTER.total_seconds() / 2:
            reader.renew()
            return
        with store_errors():
            message = reader.message(event.client_tag) if event.client_tag else None
        yield replace(event, message=message)
