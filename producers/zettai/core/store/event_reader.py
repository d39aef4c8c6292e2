"""Reads the stream of events for a group of readers, which Redis remembers: what it has read and acknowledged."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any, TypeAlias, cast

from redis import exceptions
from redis.client import Pipeline

from zettai.core.events import MessageEvent
from zettai.core.loggers import get_logger
from zettai.core.message import Message
from zettai.core.store.scripts import MOST_EVENTS
from zettai.core.store.store import MessageStore
from zettai.core.times import milliseconds

logger = get_logger("zettai.events")

BATCH = 100
"""Events that are read from Redis at once. They are given out and acknowledged one by one."""

TAKE_OVER_AFTER = timedelta(minutes=1)
"""An event that a reader has not acknowledged after this time is given to another reader of the group."""

Entry: TypeAlias = "tuple[str, dict[str, str] | None]"
"""An entry of the stream. Its fields are None if it was removed from the stream."""


class EventReader:
    """Gives the events of a group to one reader, in order. Not safe for threads.

    What an earlier reader of the same name did not acknowledge is given first, so nothing is lost when it crashes.
    """

    def __init__(
        self,
        store: MessageStore,
        group: str,
        reader: str,
        *,
        from_oldest: bool,
        before_read: Callable[[Pipeline], object] | None = None,
    ) -> None:
        """Open the group, and create it if it does not exist.

        Args:
            store: reads the messages. Its connections do not retry: what a lost answer contained is read again as
                unacknowledged.
            group: its name.
            reader: the name of this reader within the group.
            from_oldest: where a new group starts: at the oldest event that Redis keeps, or now.
            before_read: gets each transaction that reads new events. It can watch keys: if they change, nothing is
                read.

        Raises:
            RedisError: Redis did not answer.
        """
        self._redis = store.redis
        self._key = store.keys.events
        self._lost_key = store.keys.lost_events
        self._store = store
        self._group = group
        self._reader = reader
        self._before_read = before_read
        self._unacknowledged_after: str | None = "0"  # None: all of them were read
        self._looked_for_abandoned_at = float("-inf")
        self._delivered = "$"
        self._create_group(from_oldest=from_oldest)

    def read(self, wait: timedelta) -> Sequence[MessageEvent]:
        """Return the next events without their messages, or none after the time. Each is to be acknowledged.

        Raises:
            RedisError: Redis did not answer. Open a new reader: it gets what this one did not acknowledge.
        """
        entries = self._unacknowledged() or self._abandoned() or self._new()
        if not entries:
            self._redis.xread({self._key: self._delivered}, count=1, block=max(milliseconds(wait), 1))
            entries = self._new()
        return self._events(entries)

    def acknowledge(self, event_ids: Iterable[str]) -> None:
        """Note that events are done."""
        self._redis.xack(self._key, self._group, *event_ids)

    def renew(self) -> None:
        """Forget events that were read and not given out. `read` returns them again, as just read."""
        self._unacknowledged_after = "0"

    def message(self, client_tag: str) -> Message | None:
        """Return a message, or None if its record is gone."""
        return self._store.get([client_tag])[0]

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()

    def _create_group(self, *, from_oldest: bool) -> None:
        try:
            self._redis.xgroup_create(self._key, self._group, id="0" if from_oldest else "$", mkstream=True)
        except exceptions.ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def _unacknowledged(self) -> list[Entry]:
        """Return what a reader of this name read and did not acknowledge."""
        if self._unacknowledged_after is None:
            return []
        found = self._redis.xreadgroup(self._group, self._reader, {self._key: self._unacknowledged_after}, count=BATCH)
        entries = _entries(found)
        self._unacknowledged_after = entries[-1][0] if entries else None
        return entries

    def _abandoned(self) -> list[Entry]:
        """Return what any reader of the group did not acknowledge for long. Now and then is enough."""
        if monotonic() - self._looked_for_abandoned_at < TAKE_OVER_AFTER.total_seconds() / 2:
            return []
        _, entries, *removed = self._redis.xautoclaim(
            self._key, self._group, self._reader, min_idle_time=milliseconds(TAKE_OVER_AFTER), count=BATCH
        )
        entries = [one for one in entries if one[0] is not None]  # Redis before 7.0 shows removed ones here
        if not entries:
            self._looked_for_abandoned_at = monotonic()
        self._report_lost(len(removed[0]) if removed else 0)
        return cast("list[Entry]", entries)

    def _new(self) -> list[Entry]:
        """Return events that no reader of the group has read. One step shows whether some were removed before."""
        with self._redis.pipeline(transaction=True) as pipe:
            if self._before_read is not None:
                self._before_read(pipe)
                pipe.multi()
            pipe.xinfo_stream(self._key)
            pipe.xinfo_groups(self._key)
            pipe.xreadgroup(self._group, self._reader, {self._key: ">"}, count=BATCH)
            stream, groups, found = pipe.execute()
        [group] = [one for one in groups if one["name"] == self._group]
        self._delivered = group["last-delivered-id"]
        self._report_lost(unread_and_removed(stream, group))
        return _entries(found)

    def _events(self, entries: Iterable[Entry]) -> list[MessageEvent]:
        events, unreadable = [], []
        for entry_id, fields in entries:
            try:
                if fields:
                    events.append(MessageEvent.from_entry(entry_id, fields))
                    continue
                self._report_lost(1)
            except (KeyError, ValueError):
                logger.warning("event_skipped", event_id=entry_id, group=self._group, reason="of a newer version")
            unreadable.append(entry_id)
        if unreadable:
            self.acknowledge(unreadable)
        return events

    def _report_lost(self, count: int) -> None:
        if count > 0:
            self._redis.hincrby(self._lost_key, self._group, count)
            logger.error(
                "events_lost", group=self._group, events=count, action="see docs/runbook.md, 'ZettaiEventsLost'"
            )


def unread_and_removed(stream: dict[str, Any], group: dict[str, Any]) -> int:
    """Return how many events were removed from the stream before a group read them; 1 if Redis does not know how many.

    Args:
        stream: as `XINFO STREAM` answers.
        group: the group's part of the answer of `XINFO GROUPS`.
    """
    first, delivered = stream["first-entry"], group["last-delivered-id"]
    if not first or delivered == "0-0" or _position(delivered) >= _position(first[0]):
        return 0  # a new group that starts at the oldest event has missed none
    if "entries-added" not in stream:  # Redis before 7.0 does not count
        return int(stream["length"] >= MOST_EVENTS)
    removed: int = stream["entries-added"] - stream["length"]
    read: int | None = group["entries-read"]  # unknown for some groups that have read nothing yet
    return min(removed, 1) if read is None else max(removed - read, 0)


def _position(entry_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in entry_id.split("-"))


def _entries(found: Any) -> list[Entry]:
    """Return the entries in an answer of `XREADGROUP`, in the form of either protocol."""
    streams = found.values() if isinstance(found, dict) else [entries for _, entries in found or ()]
    return [(entry_id, fields) for entries in streams for entry_id, fields in entries]
