"""Record delivery reports: one read and one update of the store for each batch of reports."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from zettai.core.delivery_reports.decisions import IGNORED, Outcome, ReportDecision, decide, outcome_without_message
from zettai.core.delivery_reports.parsing import Report
from zettai.core.loggers import get_logger
from zettai.core.message import Message
from zettai.core.phone_numbers import mask
from zettai.core.states import State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.tracing import LinkedSpan

logger = get_logger("zettai.reports")

BATCH_SIZE = 200
"""Reports that one script call records, so that no request blocks Redis for long."""

MAX_MASKED_CHARACTERS = 20
"""Characters of a reported number that are masked and logged. The sender chooses the length of the number."""


class ReportRecorder:
    """Records delivery reports. Safe to share between threads."""

    def __init__(
        self,
        stores: Mapping[str | None, WorkerStore],
        client_ids: Mapping[str | None, str],
        on_outcome: Callable[[Outcome], object],
    ) -> None:
        """Create a recorder.

        Args:
            stores: of the messages, by account.
            client_ids: of our accounts.
            on_outcome: called with the outcome of each report.
        """
        self._stores = stores
        self._client_ids = client_ids
        self._on_outcome = on_outcome

    def record(self, reports: Sequence[Report | None]) -> None:
        """Record the reports, and count and log their outcomes.

        Safe to repeat: reports that were recorded before have the outcome `repeated`.

        Raises:
            RedisError: Redis failed. Some of the reports may be recorded.
        """
        for start in range(0, len(reports), BATCH_SIZE):
            self._record_batch(reports[start : start + BATCH_SIZE])

    def _record_batch(self, reports: Sequence[Report | None]) -> None:
        final: list[Report] = []
        for report in reports:
            outcome = outcome_without_message(report, self._client_ids.values())
            if outcome is not None:
                self._count_and_log(outcome, report, None)
            elif report is not None:
                final.append(report)
        if not final:
            return
        any_store = next(iter(self._stores.values()))
        messages = any_store.get(report.status.client_tag for report in final)
        client_ids = [None if message is None else self._client_ids.get(message.account) for message in messages]
        decisions = [decide(*one) for one in zip(final, messages, client_ids, strict=True)]
        states = self._apply(decisions, messages)
        for report, message, (outcome, update) in zip(final, messages, decisions, strict=True):
            # None: another process recorded a final state after the message was read.
            not_applied = message is not None and update is not None and next(states[message.account]) is None
            known = [] if message is None else [message]
            with LinkedSpan("zettai.delivery_report", known) as span:
                recorded = Outcome.REPEATED if not_applied else outcome
                span.set(outcome=recorded, provider_status=report.status.status.name)
                self._count_and_log(recorded, report, message)

    def _apply(
        self, decisions: Sequence[ReportDecision], messages: Sequence[Message | None]
    ) -> dict[str | None, Iterator[State | None]]:
        """Record the updates in the stores of their accounts. Return the states afterwards, by account, in order."""
        updates: defaultdict[str | None, list[StateUpdate]] = defaultdict(list)
        for decision, message in zip(decisions, messages, strict=True):
            if decision.update is not None and message is not None:
                updates[message.account].append(decision.update)
        return {account: iter(self._stores[account].apply_updates(some)) for account, some in updates.items()}

    def _count_and_log(self, outcome: Outcome, report: Report | None, message: Message | None) -> None:
        self._on_outcome(outcome)
        _log(outcome, report, message)


def _log(outcome: Outcome, report: Report | None, message: Message | None) -> None:
    if report is None:
        logger.warning("report_unreadable", part="notification")
    elif outcome in IGNORED:
        logger.warning(
            "report_ignored",
            outcome=outcome,
            client_tag=message.client_tag if message else None,
            sent_to=mask(message.to) if message else None,
            reported=mask(report.status.phone_number[:MAX_MASKED_CHARACTERS]),
        )
    elif outcome is Outcome.SEALED and message is not None:
        logger.error(
            "report_for_sealed_message", client_tag=message.client_tag, action="set ZETTAI_ENCRYPTION_KEYS here"
        )
    elif outcome is Outcome.CONTRADICTION and message is not None:
        logger.error("report_contradicts_record", client_tag=message.client_tag, state=message.state)
    elif outcome is Outcome.APPLIED and message is not None:
        logger.debug(
            "report_applied", client_tag=message.client_tag, state=message.state, status=report.status.status.name
        )
