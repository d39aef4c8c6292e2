"""What Redis keeps for an endpoint. Only the active process writes it: each write checks that it still has the lock."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from time import monotonic
from typing import Any, cast

import structlog
from redis import Redis
from redis.client import Pipeline
from redis.exceptions import LockError
from redis.lock import Lock

from zettai.core.store.keys import Keys
from zettai_worker.webhooks.endpoints import reader_group
from zettai_worker.webhooks.retries import Delivery

logger = structlog.get_logger("zettai.webhooks")

MOST_RETRIES = 10_000
"""Events of an endpoint in its retry set. While it is full, no events are read for this endpoint; they stay in the
stream.
"""

MOST_GIVEN_UP = 10_000
"""Events that an endpoint did not get and that can still be replayed. The oldest ones are dropped."""


class LostLock(Exception):  # noqa: N818 - reads as the fact that it states
    """Another process delivers the events of the endpoint now, or the lock was not renewed in time."""


@dataclass(slots=True)
class Changes:
    """What to record in one step."""

    done: list[str] = field(default_factory=list)
    stored: list[tuple[str, str]] = field(default_factory=list)
    given_up: list[tuple[str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.done or self.stored or self.given_up or self.counts or self.fields)

    def store(self, deliveries: Iterable[Delivery]) -> None:
        """Put deliveries into the retry set."""
        self.stored += ((one.event.id, one.to_json()) for one in deliveries)

    def give_up(self, delivery: Delivery) -> None:
        """Move a delivery from the retry set to those that were given up."""
        self.given_up.append((delivery.event.id, delivery.to_json()))

    def count(self, name: str, number: int = 1) -> None:
        """Add to a counter of the endpoint."""
        self.counts[name] = self.counts.get(name, 0) + number

    def to_json(self) -> str:
        """Return the changes as the script reads them."""
        return json.dumps(
            {
                "done": self.done,
                "stored": self.stored,
                "given_up": self.given_up,
                "counts": self.counts,
                "fields": self.fields,
            }
        )


class EndpointStorage:
    """The lock and the sets of one endpoint. Not safe for threads, except `seconds_left`."""

    def __init__(self, redis: Redis, keys: Keys, name: str, lock_time: float) -> None:
        """Prepare; nothing is read yet.

        Args:
            redis: connections that do not retry: a repeated count would be wrong.
            keys: the names of the keys.
            name: of the endpoint.
            lock_time: seconds for which the lock is held without a renewal.
        """
        self._redis = redis
        self._keys = keys
        self._name = name
        self._lock_time = lock_time
        self._lock = Lock(redis, keys.webhook_lock(name), timeout=lock_time, blocking=False, thread_local=False)
        self._renewed_at = float("-inf")
        self._offset = 0.0
        self._record, self._take_replays = (
            redis.register_script((files("zettai_worker.webhooks") / "lua" / f"{script}.lua").read_text())
            for script in ("record", "take_replays")
        )

    def acquire(self) -> bool:
        """Become the active process of the endpoint, or stay it, if no other one is."""
        asked = monotonic()
        if not self._still_held() and not self._lock.acquire():
            return False
        self._renewed_at = asked
        seconds, microseconds = self._redis.time()
        self._set_clock(seconds * 1000 + microseconds / 1000)
        return True

    def _still_held(self) -> bool:
        """Return whether this process had the lock before an error, and has it still. Then the lock is renewed."""
        if self._lock.local.token is None:
            return False
        try:
            self._lock.reacquire()
        except LockError:
            return False
        return True

    def renew(self) -> None:
        """Renew the lock, now and then.

        Raises:
            LostLock: it is over.
        """
        asked = monotonic()
        if asked - self._renewed_at < self._lock_time / 10:
            return
        try:
            self._lock.reacquire()
        except LockError:
            raise LostLock from None
        self._renewed_at = asked

    def release(self) -> None:
        """Let another process become the active one."""
        with suppress(LockError):
            self._lock.release()

    def seconds_left(self) -> float:
        """Return for how long the lock is certainly held. The monotonic clock may stand still meanwhile."""
        return self._renewed_at + self._lock_time - monotonic()

    def now(self) -> float:
        """Return the time of Redis, in seconds."""
        return monotonic() + self._offset

    def watch_lock(self, pipe: Pipeline) -> None:
        """Let a transaction fail if the lock is lost before it runs.

        Raises:
            LostLock: it is lost already.
        """
        pipe.watch(self._lock.name)  # type: ignore[no-untyped-call]
        if pipe.get(self._lock.name) != self._token:
            raise LostLock

    def load(self) -> tuple[Sequence[Delivery], float | None]:
        """Return the retry set, oldest event first, and since when the receiver is paused."""
        found, unreadable = [], []
        for event_id, text in cast(
            "dict[str, str]", self._redis.hgetall(self._keys.webhook_retries(self._name))
        ).items():
            try:
                found.append(Delivery.from_json(text))
            except (KeyError, ValueError):
                unreadable.append(event_id)
        if unreadable:
            logger.warning(
                "webhook_retries_skipped", endpoint=self._name, events=unreadable, reason="of a newer version"
            )
        paused = self._redis.hget(self._keys.webhooks, f"{self._name} paused_since")
        return sorted(found, key=lambda one: one.position), float(paused) if paused else None

    def record(self, changes: Changes) -> None:
        """Record changes in one step.

        Raises:
            LostLock: another process is active. Nothing was recorded.
        """
        keys = [
            self._lock.name,
            self._keys.events,
            self._keys.webhook_retries(self._name),
            self._keys.webhook_given_up(self._name),
            self._keys.webhooks,
        ]
        arguments: list[str | float] = [
            self._token,
            reader_group(self._name),
            self._name,
            MOST_GIVEN_UP,
            changes.to_json(),
        ]
        now = self._record(keys=keys, args=arguments)
        if now is None:
            raise LostLock
        self._set_clock(float(now))

    def take_replays(self, most: int) -> Sequence[Delivery]:
        """Move events that are to be delivered again to the retry set, and return them.

        Raises:
            LostLock: another process is active. Nothing was moved.
        """
        keys = [self._lock.name, self._keys.webhook_replays(self._name), self._keys.webhook_retries(self._name)]
        found: Any = self._take_replays(keys=keys, args=[self._token, most])
        if found is None:
            raise LostLock
        return [Delivery.from_json(text) for text in found]

    @property
    def _token(self) -> str:
        token = self._lock.local.token
        return token.decode() if isinstance(token, bytes) else str(token)

    def _set_clock(self, milliseconds: float) -> None:
        self._offset = milliseconds / 1000 - monotonic()
