"""Cancelling reservations at the provider. What the provider does not have yet is canceled in the store alone."""

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
from zettai_worker.following.schedule import CLOCKS
from zettai_worker.limiter import Limiter, LimiterError
from zettai_worker.metrics import counters as metrics
from zettai_worker.provider import ProviderClient, ProviderError, Refused, ResponseCode
from zettai_worker.sending.before_send import wait_for_slot
from zettai_worker.settings import WorkerSettings

logger = structlog.get_logger("zettai.cancelling")


class Canceler:
    """Carries out the wishes to cancel that the store holds for reservations."""

    def __init__(
        self, store: WorkerStore, provider: ProviderClient, limiter: Limiter, settings: WorkerSettings
    ) -> None:
        self._store = store
        self._provider = provider
        self._settings = settings
        self._before_send = wait_for_slot(limiter, Lane.URGENT, settings.slot_wait)

    def cancel(self, client_tags: Sequence[str]) -> None:
        """Cancel reservations one by one."""
        for message in self._store.get(client_tags):
            if message is None or message.state is not State.SCHEDULED or not message.cancel_requested:
                continue
            with WorkingOn(message):
                if self._store.is_circuit_open():
                    self._again(message, None)
                else:
                    self._cancel(message)

    def cancel_group(self, group: str) -> None:
        """Cancel a group's reservations by one call, then see for each whether it is gone."""
        wished = self._wished(self._store.find(state=State.SCHEDULED, group=group))
        if not wished:
            return
        days = sorted(_day(message) for message in wished)
        self._attempt(
            lambda: self._provider.cancel_reservations(
                start=days[0], end=days[-1], group_tag=group, before_send=self._before_send
            )
        )
        self._confirm(wished, group)

    def cancel_all(self, confirm_client_id: str) -> None:
        """Cancel every reservation of the account, then see for each of ours whether it is gone."""
        self._attempt(
            lambda: self._provider.cancel_all_reservations(
                confirm_client_id=confirm_client_id, before_send=self._before_send
            )
        )
        self._confirm(self._wished(self._store.find(state=State.SCHEDULED)), None)

    def _wished(self, messages: Iterable[Message]) -> list[Message]:
        return [message for message in messages if message.cancel_requested]

    def _attempt(self, call: Callable[[], None]) -> None:
        """Make a call whose answer counts nothing: whether it worked is seen afterwards, message by message."""
        try:
            call()
        except (ProviderError, LimiterError) as error:
            logger.warning("cancel_of_many_failed", error=str(error))

    def _cancel(self, message: Message) -> None:
        try:
            self._provider.cancel_reservation(message.client_tag, before_send=self._before_send)
        except Refused as refusal:
            if refusal.code == ResponseCode.ALREADY_SENT:
                self._settle(message, State.ACCEPTED, "too late to cancel")
            else:
                self._look_up(message)
        except LimiterError as error:
            self._again(message, error)
        except ProviderError as error:
            if error.sent:
                self._look_up(message)
            else:
                self._again(message, error)
        else:
            self._settle(message, State.CANCELED, "on request")

    def _look_up(self, message: Message) -> None:
        """The answer was unclear: see what the provider has now."""
        try:
            if self._provider.status(message.client_tag, before_send=self._before_send):
                self._settle(message, State.ACCEPTED, "too late to cancel")
                return
            reservations = self._provider.check_reservations(
                client_tag=message.client_tag, before_send=self._before_send
            )
        except Refused as refusal:
            if refusal.code == ResponseCode.ALREADY_SENT:
                self._settle(message, State.ACCEPTED, "too late to cancel")
            else:
                self._again(message, refusal)
        except (ProviderError, LimiterError) as error:
            self._again(message, error)
        else:
            if reservations:
                self._again(message, None)
            else:
                self._gone(message)

    def _gone(self, message: Message) -> None:
        """Neither reserved nor sent: canceled, unless its time has come and its status only is not there yet."""
        if message.send_at is not None and self._store.now() + CLOCKS < message.send_at:
            self._settle(message, State.CANCELED, "on request")
        else:
            self._again(message, None)

    def _confirm(self, messages: Sequence[Message], group: str | None) -> None:
        """See day by day what is still reserved; what is not may have been canceled or sent."""
        by_day: defaultdict[date, list[Message]] = defaultdict(list)
        for message in messages:
            by_day[_day(message)].append(message)
        for day, of_day in by_day.items():
            try:
                reserved = self._provider.check_reservations(
                    schedule_date=day, group_tag=group, before_send=self._before_send
                )
            except (ProviderError, LimiterError):
                remaining = {message.client_tag for message in of_day}
            else:
                remaining = {reservation.client_tag for reservation in reserved}
            now = self._store.now()
            for message in of_day:
                due = message.send_at is None or message.send_at <= now + CLOCKS
                with WorkingOn(message):
                    if message.client_tag in remaining or due:
                        self._cancel(message)
                    else:
                        self._settle(message, State.CANCELED, "on request")

    def _again(self, message: Message, error: ProviderError | LimiterError | None) -> None:
        """Nothing is known yet: the wish stays, and is taken up again with the checks that are due."""
        logger.warning("cancel_unclear", client_tag=message.client_tag, error=str(error) if error else None)
        metrics.CANCELS.labels(outcome="unclear").inc()
        self._store.apply_updates(
            [
                StateUpdate(
                    client_tag=message.client_tag,
                    expected_states=frozenset({State.SCHEDULED}),
                    due_in=self._settings.retry_after if error else self._settings.status_check_after,
                )
            ]
        )

    def _settle(self, message: Message, state: State, reason: str) -> None:
        metrics.CANCELS.labels(outcome=state).inc()
        logger.info("cancel_settled", client_tag=message.client_tag, state=state, reason=reason)
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


def _day(message: Message) -> date:
    return (message.send_at or message.since).astimezone(JST).date()
