"""Cancel reservations at the provider. A message that the provider does not have yet is canceled in the store alone."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date

import structlog

from zettai.core.lanes import Lane
from zettai.core.log_context import WorkingOn
from zettai.core.message import Message
from zettai.core.states import State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.times import JST
from zettai_worker.following.schedule import may_be_sent
from zettai_worker.limiter import Limiter, LimiterError
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import ProviderClient, ProviderError, Refused, ResponseCode
from zettai_worker.sending.before_send import wait_for_slot
from zettai_worker.settings import WorkerSettings

logger = structlog.get_logger("zettai.cancelling")


class ReservationCanceler:
    """Cancels the reservations whose cancellation is requested in the store."""

    def __init__(
        self,
        store: WorkerStore,
        provider: ProviderClient,
        limiter: Limiter,
        settings: WorkerSettings,
        metrics: WorkerMetrics,
    ) -> None:
        self._store = store
        self._provider = provider
        self._settings = settings
        self._metrics = metrics
        self._before_send = wait_for_slot(limiter, Lane.URGENT, settings.slot_wait)

    def cancel(self, client_tags: Sequence[str]) -> None:
        """Cancel reservations one by one."""
        for message in self._store.get(client_tags):
            if message is None or message.state is not State.SCHEDULED or not message.cancel_requested:
                continue
            with WorkingOn(message):
                if self._store.is_circuit_open():
                    self._try_later(message, None)
                else:
                    self._cancel(message)

    def cancel_group(self, group: str) -> None:
        """Cancel a group's reservations by one call, then record or cancel each of them."""
        messages = _with_cancel_request(self._store.find(state=State.SCHEDULED, group=group))
        if not messages:
            return
        days = sorted(_send_day(message) for message in messages)
        self._call_for_many(
            lambda: self._provider.cancel_reservations(
                start=days[0], end=days[-1], group_tag=group, before_send=self._before_send
            )
        )
        self._record_or_cancel_each(messages, group)

    def cancel_all(self, confirm_client_id: str) -> None:
        """Cancel every reservation of the account, then record or cancel each of ours."""
        self._call_for_many(
            lambda: self._provider.cancel_all_reservations(
                confirm_client_id=confirm_client_id, before_send=self._before_send
            )
        )
        self._record_or_cancel_each(_with_cancel_request(self._store.find(state=State.SCHEDULED)), None)

    def _call_for_many(self, call: Callable[[], None]) -> None:
        """Make a call for many reservations. Its answer has no count, so each message is looked at afterwards."""
        try:
            call()
        except (ProviderError, LimiterError) as error:
            logger.warning("bulk_cancel_failed", error=str(error))

    def _cancel(self, message: Message) -> None:
        try:
            self._provider.cancel_reservation(message.client_tag, before_send=self._before_send)
        except Refused as refusal:
            if refusal.code == ResponseCode.ALREADY_SENT:
                self._record(message, State.ACCEPTED, "too late to cancel")
            else:
                self._look_up(message)
        except LimiterError as error:
            self._try_later(message, error)
        except ProviderError as error:
            if error.sent:
                self._look_up(message)
            else:
                self._try_later(message, error)
        else:
            self._record(message, State.CANCELED, "on request")

    def _look_up(self, message: Message) -> None:
        """After an unclear answer: ask what the provider has under the tag."""
        try:
            if self._provider.status(message.client_tag, before_send=self._before_send):
                self._record(message, State.ACCEPTED, "too late to cancel")
                return
            reservations = self._provider.check_reservations(
                client_tag=message.client_tag, before_send=self._before_send
            )
        except Refused as refusal:
            if refusal.code == ResponseCode.ALREADY_SENT:
                self._record(message, State.ACCEPTED, "too late to cancel")
            else:
                self._try_later(message, refusal)
        except (ProviderError, LimiterError) as error:
            self._try_later(message, error)
        else:
            # Close to its send time the message may be sent already, although its status is not listed yet.
            if reservations or may_be_sent(message, self._store.now()):
                self._try_later(message, None)
            else:
                self._record(message, State.CANCELED, "on request")

    def _record_or_cancel_each(self, messages: Sequence[Message], group: str | None) -> None:
        """Record as canceled what the provider does not list any more, and cancel the others one by one."""
        by_day: defaultdict[date, list[Message]] = defaultdict(list)
        for message in messages:
            by_day[_send_day(message)].append(message)
        for day, of_day in by_day.items():
            try:
                reservations = self._provider.check_reservations(
                    schedule_date=day, group_tag=group, before_send=self._before_send
                )
            except (ProviderError, LimiterError):
                reserved = {message.client_tag for message in of_day}
            else:
                reserved = {reservation.client_tag for reservation in reservations}
            now = self._store.now()
            for message in of_day:
                with WorkingOn(message):
                    if message.client_tag in reserved or may_be_sent(message, now):
                        self._cancel(message)
                    else:
                        self._record(message, State.CANCELED, "on request")

    def _try_later(self, message: Message, error: ProviderError | LimiterError | None) -> None:
        """The outcome is unknown: the request stays recorded, and is repeated when the message's check is due."""
        logger.warning("cancel_unclear", client_tag=message.client_tag, error=str(error) if error else None)
        self._metrics.cancellations.labels(outcome="unclear").inc()
        self._store.apply_updates(
            [
                StateUpdate(
                    client_tag=message.client_tag,
                    expected_states=frozenset({State.SCHEDULED}),
                    due_in=self._settings.retry_after if error else self._settings.status_check_after,
                )
            ]
        )

    def _record(self, message: Message, state: State, reason: str) -> None:
        self._metrics.cancellations.labels(outcome=state).inc()
        logger.info("cancel_completed", client_tag=message.client_tag, state=state, reason=reason)
        self._store.apply_updates(
            [
                StateUpdate(
                    client_tag=message.client_tag,
                    expected_states=frozenset({State.SCHEDULED}),
                    to=state,
                    reason=reason,
                    due_in=self._settings.status_check_after,
                )
            ]
        )


def _with_cancel_request(messages: Iterable[Message]) -> list[Message]:
    return [message for message in messages if message.cancel_requested]


def _send_day(message: Message) -> date:
    """The day in Japan on which the message is sent."""
    return (message.send_at or message.since).astimezone(JST).date()
