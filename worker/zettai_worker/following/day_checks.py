"""Status checks of many messages by one call for all of a day."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from random import random

import structlog

from zettai.core.lanes import Lane
from zettai.core.message import Message
from zettai.core.tasks import TaskName
from zettai.core.tracing import LinkedSpan
from zettai_worker.following.status_checks import Checked, StatusChecker, is_last_check, update_after_check
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError, Status
from zettai_worker.resources import CountedCalls, Resources, Service

logger = structlog.get_logger("zettai.checking")


class DayChecker(Service):
    """Checks messages by one call for all of their day, and those that are not in its answer one by one.

    If the call fails, each message is checked by its tag soon, in a task of its own.
    """

    def __init__(
        self, resources: Resources, checker: StatusChecker, check_each: Callable[[Sequence[str]], None]
    ) -> None:
        """Make the checker.

        Args:
            resources: of the process.
            checker: records the statuses.
            check_each: has messages checked by one call for each.
        """
        super().__init__(resources)
        self._checker = checker
        self._check_each = check_each

    def check_day(self, day: date, client_tags: Sequence[str]) -> None:
        """Check messages that were sent on a day."""
        messages = self._checker.at_provider(client_tags)
        if self._store.is_circuit_open():
            self._record(self._without_last_checks(messages), ())
            return
        if self._store.has_day_failed(day):
            self._check_by_tag_soon(messages)
            return
        calls = CountedCalls(self._limiter, Lane.STATUS, self._settings)
        try:
            with LinkedSpan(TaskName.CHECK_DAY, messages):
                statuses = self._provider.statuses_of(day, before_send=calls)
        except (ProviderError, LimiterError) as error:
            logger.warning("check_of_day_failed", day=day.isoformat(), error=str(error))
            # So long that all of them are due before the day is asked for again.
            self._store.note_failed_day(day, lasts=2 * self._settings.status_check_after)
            self._check_by_tag_soon(messages)
            return
        listed = {status.client_tag for status in statuses}
        self._record([message for message in messages if message.client_tag in listed], statuses)
        if unlisted := [message.client_tag for message in messages if message.client_tag not in listed]:
            self._check_each(unlisted)

    def _record(self, messages: Sequence[Message], statuses: Sequence[Status]) -> None:
        if not messages:
            return
        by_tag: defaultdict[str, list[Status]] = defaultdict(list)
        for status in statuses:
            by_tag[status.client_tag].append(status)
        self._checker.record([Checked(message, by_tag[message.client_tag]) for message in messages])

    def _without_last_checks(self, messages: Sequence[Message]) -> list[Message]:
        """Have the messages that end with this check asked for by their tags, and return the others."""
        now = self._store.now()
        last = {message.client_tag for message in messages if is_last_check(message, now, self._settings)}
        if last:
            self._check_each(list(last))
        return [message for message in messages if message.client_tag not in last]

    def _check_by_tag_soon(self, messages: Sequence[Message]) -> None:
        """Make messages due within the first gap, one after the other."""
        now, gap = self._store.now(), self._settings.status_check_after
        waiting = self._without_last_checks(messages)
        updates = [update_after_check(message, None, now, self._settings) for message in waiting]
        self._store.apply_updates(
            [
                update if update.due_in is None else replace(update, due_in=min(update.due_in, gap * random()))  # noqa: S311
                for update in updates
            ]
        )
