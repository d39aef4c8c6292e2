"""Recording, then waking: the order that makes a message safe before anybody is told of it. `client.py` is the API."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from zettai.core.errors import TagConflict
from zettai.core.lanes import Lane
from zettai.core.message import GroupCancel, Message, recorded
from zettai.core.states import State
from zettai.core.store import Created
from zettai.core.store.connection import store_errors
from zettai.core.store.durability import Disk
from zettai.core.store.store import BATCH, RESERVE_FROM
from zettai.core.tasks import TaskName
from zettai.core.validation import Draft

logger = structlog.get_logger("zettai.producers")


class Messages(Protocol):
    """What a client needs of a store; `zettai.testing` has one in memory."""

    def create(self, drafts: Sequence[Draft]) -> Sequence[Created]: ...  # noqa: D102 - see MessageStore
    def create_durably(self, drafts: Sequence[Draft], disk: Disk) -> tuple[Sequence[Created], bool]: ...  # noqa: D102
    def get(self, client_tags: Iterable[str]) -> Sequence[Message | None]: ...  # noqa: D102
    def find(self, *, state: State | None = None, group: str | None = None) -> Iterator[Message]: ...  # noqa: D102
    def tags(self, *, state: State | None = None, group: str | None = None) -> Iterator[str]: ...  # noqa: D102
    def cancel(self, client_tags: Sequence[str]) -> Sequence[str]: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Waker(Protocol):
    """How a client tells workers that there is something to do."""

    def publish(self, task: str, lane: Lane, *arguments: object) -> None: ...  # noqa: D102 - see Publisher
    def publish_tags(self, task: str, lane: Lane, tags: Sequence[str]) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Answer(NamedTuple):
    """What recording a draft came to: its message, which may have been there before, or the other one with its tag."""

    message: Message | TagConflict
    repeated: bool


class Recorder:
    """Puts drafts into the store and tasks into the queues."""

    def __init__(self, store: Messages, publisher: Waker, disk: Disk, *, durable: bool) -> None:
        """Say where records and tasks go.

        Args:
            store: for the records.
            publisher: for the tasks.
            disk: what "on disk" means.
            durable: whether that is waited for, where nothing else is said.
        """
        self._store = store
        self._publisher = publisher
        self._disk = disk
        self._durable = durable

    def record(
        self, drafts: Sequence[Draft], *, durable: bool | None, client_tag: str | None = None
    ) -> tuple[Sequence[Answer], bool]:
        """Record drafts, then wake the workers. From the record on, the message will be sent, task or no task.

        Tells also whether they are as durable as they shall be.
        """
        if not drafts:
            return [], True
        with store_errors(client_tag):
            created, safe = self._create(drafts, durable=self._durable if durable is None else durable)
            known = iter(
                self._store.get(
                    one.client_tag
                    for one, answer in zip(drafts, created, strict=True)
                    if answer.at is None and not answer.conflict
                )
            )
        answers = [
            Answer(
                TagConflict(one.client_tag)
                if answer.conflict
                else (recorded(one, answer.at) if answer.at else next(known)) or TagConflict(one.client_tag),
                repeated=answer.at is None,
            )
            for one, answer in zip(drafts, created, strict=True)
        ]
        self._wake_for([answer.message for answer in answers if isinstance(answer.message, Message)])
        return answers, safe

    def close(self) -> None:
        """Close all connections."""
        self._store.close()
        self._disk.close()
        self._publisher.close()

    def _create(self, drafts: Sequence[Draft], *, durable: bool) -> tuple[Sequence[Created], bool]:
        return self._store.create_durably(drafts, self._disk) if durable else (self._store.create(drafts), True)

    def _wake_for(self, messages: Iterable[Message]) -> None:
        tags: dict[Lane, list[str]] = {}
        for message in messages:
            waits_here = message.send_at and message.send_at < message.created_at + RESERVE_FROM
            if message.state is State.QUEUED and not waits_here:
                tags.setdefault(message.lane, []).append(message.client_tag)
        for lane, ready in tags.items():
            try:
                self._publisher.publish_tags(TaskName.SEND, lane, ready)
            except (OperationalError, RedisError):
                _log_lost_task(TaskName.SEND)

    def wake(self, task: str, lane: Lane, argument: object) -> None:
        """Publish a task. Where that fails nothing is lost, as what it asks for is in the store."""
        try:
            self._publisher.publish(task, lane, argument)
        except (OperationalError, RedisError):
            _log_lost_task(task)

    def cancel_each(self, tags: Iterator[str]) -> tuple[GroupCancel, bool]:
        """Cancel messages of one collection, which is read whole first, since cancelling changes it."""
        everything = tuple(tags)
        outcomes = [
            outcome
            for start in range(0, len(everything), BATCH)
            for outcome in self._store.cancel(everything[start : start + BATCH])
        ]
        counts = GroupCancel(
            canceled=outcomes.count("canceled"),
            pending=outcomes.count("pending") + outcomes.count("reserved"),
            too_late=outcomes.count("too_late"),
        )
        return counts, "reserved" in outcomes


def _log_lost_task(task: str) -> None:
    """The record stands, so nothing is lost: the workers' sweep finds what has no task."""
    logger.warning("task_not_published", task=task, consequence="delayed until the next sweep")
