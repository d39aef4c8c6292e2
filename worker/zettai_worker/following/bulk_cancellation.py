"""Cancel many reservations by one call, if the store gives the right to make it. Otherwise cancel each one by itself.

The call is not idempotent: if it is repeated, it cancels what was reserved since. So the store gives the right once for
each request, for a short time, and only while the call would cancel nothing but what was asked for.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import islice

import structlog

from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.publisher import Publisher
from zettai.core.states import State
from zettai.core.store import StateUpdate
from zettai.core.store.scripts import BATCH
from zettai.core.tasks import TaskName
from zettai.core.times import JST, to_milliseconds
from zettai.core.tracing import LinkedSpan
from zettai_worker.limiter import LimiterError, LimiterTimeout
from zettai_worker.provider import BeforeSend, ProviderError
from zettai_worker.resources import Resources, Service

logger = structlog.get_logger("zettai.cancelling")

SLOT_WAIT = timedelta(seconds=10)
"""How long the call for many reservations may wait for its slot. Meanwhile nothing can be reserved in its group."""


class BulkCanceler(Service):
    """Cancels the reservations of a group, or of the account."""

    def __init__(self, resources: Resources, publisher: Publisher) -> None:
        super().__init__(resources)
        self._publisher = publisher

    def cancel_group(self, group: str) -> None:
        """Cancel the reservations of a group."""
        messages = self._requested(group)
        if messages:
            days = [_send_day(message) for message in messages]
            with LinkedSpan(TaskName.CANCEL_GROUP, messages):
                self._cancel(
                    group,
                    messages,
                    lambda hook: self._provider.cancel_reservations(
                        start=min(days), end=max(days), group_tag=group, before_send=hook
                    ),
                )

    def cancel_all(self, confirm_client_id: str) -> None:
        """Cancel every reservation of the account."""
        messages = self._requested(None)
        with LinkedSpan(TaskName.CANCEL_ALL, messages):
            self._cancel(
                None,
                messages,
                lambda hook: self._provider.cancel_all_reservations(
                    confirm_client_id=confirm_client_id, before_send=hook
                ),
            )

    def _requested(self, group: str | None) -> Sequence[Message]:
        """Return the reservations whose cancellation is requested."""
        return [
            message
            for message in self._store.find(state=State.SCHEDULED, group=group)
            if message.cancel_requested and message.bulk_canceled_at is None
        ]

    def _cancel(self, group: str | None, messages: Sequence[Message], call: Callable[[BeforeSend], None]) -> None:
        tags = [message.client_tag for message in messages]
        if self._call_once(group, call):
            self._note_covered(tags)
        else:
            # Late, repeated, or mixed with reservations whose cancellation was not requested.
            self._publisher.publish_tags(TaskName.CANCEL, Lane.URGENT, tags)

    def _call_once(self, group: str | None, call: Callable[[BeforeSend], None]) -> bool:
        """Make the call if the store gives the right. Return whether the provider confirmed it."""
        deadline = self._store.now() + SLOT_WAIT
        usable_for = SLOT_WAIT + self._settings.http_timeout + self._settings.status_lag
        if not self._store.take_bulk_cancel(group, usable_for=usable_for):
            logger.info("bulk_cancel_not_allowed", group=group)
            return False

        def wait_for_slot() -> None:
            # The time of Redis: a suspended machine must not make the call when it wakes up.
            if self._limiter.acquire(Lane.URGENT, timeout=SLOT_WAIT) > deadline:
                raise LimiterTimeout

        try:
            call(wait_for_slot)
        except (ProviderError, LimiterError) as error:
            logger.warning("bulk_cancel_failed", group=group, error=str(error))
            if isinstance(error, LimiterError) or not error.sent:
                self._store.end_bulk_cancel(group)
            # Otherwise the provider may still carry the call out, so the right is kept for as long as it may lag.
            return False
        except ValueError:  # The client id is not the one of this account, so no call was made.
            self._store.end_bulk_cancel(group)
            raise
        self._store.end_bulk_cancel(group)
        return True

    def _note_covered(self, client_tags: list[str]) -> None:
        """Record that the provider confirmed the call. The answer has no count, so each message is looked up."""
        fields = {"bulk_canceled_at": to_milliseconds(self._store.now())}
        logger.info("bulk_cancel_confirmed", count=len(client_tags))
        tags = iter(client_tags)
        while batch := list(islice(tags, BATCH)):
            self._store.apply_updates(
                [
                    StateUpdate(
                        client_tag=tag, expected_states=frozenset({State.SCHEDULED}), fields=fields, due_in=timedelta()
                    )
                    for tag in batch
                ]
            )


def _send_day(message: Message) -> date:
    """Return the day in Japan on which the message is sent."""
    return (message.send_at or message.since).astimezone(JST).date()
