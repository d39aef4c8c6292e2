"""Records messages and cancels in the store, and publishes the tasks of cancels."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from datetime import timedelta
from typing import Protocol

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from zettai.campaigns import ControlStore
from zettai.core.create_result import CreateResult
from zettai.core.errors import InvalidMessage
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.lanes import Lane
from zettai.core.loggers import get_logger
from zettai.core.message import GroupCancel, Message
from zettai.core.new_message import NewMessage
from zettai.core.replacement import Changes, Replacement
from zettai.core.states import State
from zettai.core.store.connection import store_errors
from zettai.core.store.durability import Disk
from zettai.core.store.scripts import BATCH
from zettai.core.tasks import TaskName, in_chunks
from zettai.core.tracing import sending
from zettai.suppressions import SuppressionStore

logger = get_logger("zettai.producers")


class ProducerStore(Protocol):
    """The part of `MessageStore` that a producer uses. `zettai.testing` has one in memory."""

    @property
    def campaigns(self) -> ControlStore: ...  # noqa: D102 - see MessageStore
    @property
    def suppressions(self) -> SuppressionStore: ...  # noqa: D102
    def create(self, messages: Sequence[NewMessage]) -> list[CreateResult]: ...  # noqa: D102
    def create_durably(self, messages: Sequence[NewMessage], disk: Disk) -> list[CreateResult]: ...  # noqa: D102
    def get(self, client_tags: Iterable[str]) -> list[Message | None]: ...  # noqa: D102
    def find(self, *, state: State | None = None, group: str | None = None) -> Iterator[Message]: ...  # noqa: D102
    def find_number(self, number: str) -> Iterator[Message]: ...  # noqa: D102
    def tags_of_number(self, number: str, *, by_index: bool) -> Iterator[str]: ...  # noqa: D102
    def erase(self, client_tags: Sequence[str]) -> list[str]: ...  # noqa: D102
    def tags(self, *, state: State | None = None, group: str | None = None) -> Iterator[str]: ...  # noqa: D102
    def cancel(self, client_tags: Sequence[str], owner: str | None = None) -> list[str]: ...  # noqa: D102
    def cancel_durably(  # noqa: D102
        self, client_tags: Sequence[str], disk: Disk, owner: str | None = None
    ) -> tuple[list[str], bool]: ...
    def replace(  # noqa: D102
        self, client_tag: str, changes: Changes, disk: Disk | None = None, *, owner: str | None = None
    ) -> tuple[Replacement, bool, bool]: ...
    def hold_reservations(self, client_tags: Sequence[str]) -> list[str]: ...  # noqa: D102
    def request_bulk_cancel(self, group: str | None) -> None: ...  # noqa: D102
    def accounts_of(self, client_tags: Sequence[str]) -> Sequence[str | None]: ...  # noqa: D102
    @property
    def accounts(self) -> Sequence[str | None]: ...  # noqa: D102
    def only(self, accounts: Iterable[str | None]) -> "ProducerStore": ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class TaskPublisher(Protocol):
    """Publishes tasks for the workers. The store pushes those that send messages."""

    def publish(  # noqa: D102 - see Publisher
        self, task: str, lane: Lane, *arguments: object, account: str | None = None
    ) -> None: ...
    def close(self) -> None: ...  # noqa: D102


class MessageWriter:
    """Records new messages and cancels, and waits for the disk if that is wanted."""

    def __init__(
        self, store: ProducerStore, publisher: TaskPublisher, disk: Disk, *, durable: bool, retry_for: timedelta
    ) -> None:
        """Build a writer.

        Args:
            store: records the messages.
            publisher: publishes the tasks.
            disk: used to wait until records are on disk.
            durable: whether to wait for the disk if a call does not say so.
            retry_for: after this time of a call, Redis is not asked again.
        """
        self._store = store
        self._publisher = publisher
        self._disk = disk
        self._durable = durable
        self._retry_for = retry_for

    def with_store(self, store: ProducerStore) -> "MessageWriter":
        """Return a writer to another store, with the same connections."""
        writer = copy(self)
        writer._store = store  # noqa: SLF001 - its own class
        return writer

    def create(
        self, messages: Sequence[NewMessage], *, durable: bool | None, client_tag: str | None = None
    ) -> list[CreateResult]:
        """Record messages with their tasks. A recorded message is sent even if its task is lost.

        Args:
            messages: the new messages.
            durable: whether to wait for the disk; None means as set for this writer.
            client_tag: named in the error if Redis does not answer.
        """
        if not messages:
            return []
        with store_errors(client_tag, self._retry_for), sending(messages) as traced:
            if self._waits_for_disk(durable):
                return self._store.create_durably(traced, self._disk)
            return self._store.create(traced)

    def cancel(
        self, client_tags: Sequence[str], *, durable: bool | None, owner: str | None = None
    ) -> tuple[list[str], bool]:
        """Cancel messages, of one owner or with None of any.

        Return the outcomes, and whether they are on disk if that was asked for.
        """
        if self._waits_for_disk(durable):
            return self._store.cancel_durably(client_tags, self._disk, owner)
        return self._store.cancel(client_tags, owner), True

    def replace(
        self, client_tag: str, changes: Changes, *, durable: bool | None, owner: str | None = None
    ) -> tuple[Replacement, bool]:
        """Replace a message. Return the result, and whether it is on disk if that was asked for.

        Raises:
            LedgerUnavailable: Redis did not answer.
        """
        disk = self._disk if self._waits_for_disk(durable) else None
        with store_errors(client_tag, self._retry_for):
            replacement, is_reserved, is_on_disk = self._store.replace(client_tag, changes, disk, owner=owner)
        if is_reserved:
            self.publish_cancel(client_tag)
        return replacement, is_on_disk

    def cancel_group(self, group: str, *, durable: bool | None, owner: str | None = None) -> tuple[GroupCancel, bool]:
        """Cancel all messages of a group. Return how many have each outcome, and whether that is on disk.

        Raises:
            LedgerUnavailable: Redis did not answer.
        """
        are_on_disk = True

        def cancel(tags: Sequence[str]) -> list[str]:
            nonlocal are_on_disk
            outcomes, is_on_disk = self.cancel(tags, durable=durable, owner=owner)
            are_on_disk = are_on_disk and is_on_disk
            return outcomes

        with store_errors(retry_for=self._retry_for):
            counts, has_reservations = cancel_many(cancel, self._store.tags(group=group))
            if has_reservations:
                self._store.request_bulk_cancel(group)
        if has_reservations:
            self._publish(TaskName.CANCEL_GROUP, group, lambda: self._store.accounts)
        return counts, are_on_disk

    def publish_cancel(self, client_tag: str) -> None:
        """Publish the task that cancels a reservation."""
        self._publish(TaskName.CANCEL, [client_tag], lambda: self._store.accounts_of([client_tag]))

    def hold_reservations(self, group: str) -> int:
        """Take the reservations of a paused group back from the provider. Return for how many that was requested.

        Raises:
            LedgerUnavailable: Redis did not answer.
        """
        count = 0
        with store_errors(retry_for=self._retry_for):
            # All tags are read first: a cancel changes the index that they come from.
            reserved = [message.client_tag for message in self._store.find(state=State.SCHEDULED, group=group)]
            for start in range(0, len(reserved), BATCH):
                tags = self._store.hold_reservations(reserved[start : start + BATCH])
                count += len(tags)
                self._publish_cancels(tags)
        return count

    def _waits_for_disk(self, durable: bool | None) -> bool:  # noqa: FBT001 - the argument of a call
        """Return whether a call waits for the disk: as it says itself, or as set for this writer.

        Raises:
            InvalidMessage: `durable` is something else. Nothing was recorded.
        """
        if durable is None:
            return self._durable
        if not isinstance(durable, bool):
            raise InvalidMessage("durable", InvalidValue(InvalidReason.NOT_A_BOOLEAN))
        return durable

    def _publish_cancels(self, client_tags: Sequence[str]) -> None:
        """Publish the tasks that cancel reservations, behind all urgent messages."""
        accounts = self._store.accounts_of(client_tags)
        for account in set(accounts):
            tags = [tag for tag, one in zip(client_tags, accounts, strict=True) if one == account]
            for chunk in in_chunks(tags):
                self._publish(TaskName.CANCEL, chunk, lambda: [account], lane=Lane.NORMAL)  # noqa: B023 - called at once

    def _publish(
        self,
        task: str,
        argument: object,
        accounts: Callable[[], Iterable[str | None]],
        *,
        lane: Lane = Lane.URGENT,
    ) -> None:
        """Publish a task for each of the accounts. A failure is only logged: the store has what the task asks for."""
        try:
            for account in accounts():
                self._publisher.publish(task, lane, argument, account=account)
        except (OperationalError, RedisError):
            logger.warning("task_not_published", task=task, consequence="delayed until the next sweep")

    def close(self) -> None:
        """Close all connections."""
        self._store.close()
        self._disk.close()
        self._publisher.close()


def cancel_many(cancel: Callable[[Sequence[str]], list[str]], tags: Iterable[str]) -> tuple[GroupCancel, bool]:
    """Cancel messages in batches.

    Args:
        cancel: cancels a batch and returns its outcomes, as `MessageStore.cancel` does.
        tags: of the messages.

    Returns:
        How many have each outcome, and whether any is reserved at the provider, so that a task must be published.
    """
    # All tags are read first: a cancel changes the index that they come from.
    all_tags = tuple(tags)
    outcomes: Counter[str] = Counter()
    for start in range(0, len(all_tags), BATCH):
        outcomes.update(cancel(all_tags[start : start + BATCH]))
    counts = GroupCancel(
        canceled=outcomes["canceled"],
        pending=outcomes["pending"] + outcomes["reserved"],
        too_late=outcomes["too_late"],
    )
    return counts, outcomes["reserved"] > 0
