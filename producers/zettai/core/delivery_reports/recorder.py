"""Recording delivery reports: one reading of the store and one settling for all reports of a request."""

from collections.abc import Callable, Sequence

import structlog

from zettai.core.delivery_reports.outcomes import NOT_BELIEVED, Outcome, at_first_sight, judge
from zettai.core.delivery_reports.parsing import Report
from zettai.core.message import Message
from zettai.core.store import WorkerStore
from zettai.core.validation import mask

logger = structlog.get_logger("zettai.reports")

AT_ONCE = 200
"""Reports that one script call settles: no request makes Redis wait for long."""

SHOWN = 20
"""Characters of what a report gives as its number, that are counted for its mask."""


class Recorder:
    """Takes reports down in the store, as far as they are believed. Safe to share between threads."""

    def __init__(self, store: WorkerStore, client_id: str, on_outcome: Callable[[Outcome], object]) -> None:
        """Build one.

        Args:
            store: where they are taken down.
            client_id: of our account.
            on_outcome: called with what became of each report.
        """
        self._store = store
        self._client_id = client_id
        self._on_outcome = on_outcome

    def record(self, reports: Sequence[Report | None]) -> None:
        """Record, count and tell what became of each report.

        May be called again with the same reports: what was recorded is `repeated` then.

        Raises:
            RedisError: the store is away; some reports may be recorded.
        """
        for start in range(0, len(reports), AT_ONCE):
            self._record(reports[start : start + AT_ONCE])

    def _record(self, reports: Sequence[Report | None]) -> None:
        final: list[Report] = []
        for report in reports:
            outcome = at_first_sight(report, self._client_id)
            if outcome is not None:
                self._tell(outcome, report, None)
            elif report is not None:
                final.append(report)
        if not final:
            return
        messages = self._store.get(report.status.client_tag for report in final)
        verdicts = [judge(report, message) for report, message in zip(final, messages, strict=True)]
        orders = [verdict.order for verdict in verdicts if verdict.order is not None]
        states = iter(self._store.apply_updates(orders) if orders else [])
        for report, message, (outcome, order) in zip(final, messages, verdicts, strict=True):
            # Settled to no state: somebody else has recorded an end since the message was read.
            overtaken = order is not None and next(states) is None
            self._tell(Outcome.REPEATED if overtaken else outcome, report, message)

    def _tell(self, outcome: Outcome, report: Report | None, message: Message | None) -> None:
        self._on_outcome(outcome)
        _log(outcome, report, message)


def _log(outcome: Outcome, report: Report | None, message: Message | None) -> None:
    """Log what somebody should look at."""
    if report is None:
        logger.warning("report_unreadable", part="notification")
    elif outcome in NOT_BELIEVED:
        logger.warning(
            "report_not_believed",
            outcome=outcome,
            client_tag=message.client_tag if message else None,
            sent_to=mask(message.to) if message else None,
            reported=mask(report.status.phone_number[:SHOWN]),
        )
    elif outcome is Outcome.CONTRADICTION and message is not None:
        logger.error("report_contradicts", client_tag=message.client_tag, state=message.state)
    elif outcome is Outcome.APPLIED and message is not None:
        logger.debug("reported", client_tag=message.client_tag, state=message.state, status=report.status.status.name)
