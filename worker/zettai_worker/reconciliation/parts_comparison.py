"""The comparison of the billed parts of a month with the provider, in one call."""

import structlog

from zettai.core.lanes import Lane
from zettai.core.months import Month
from zettai_worker.limiter import LimiterError
from zettai_worker.provider import ProviderError
from zettai_worker.reconciliation.parts_rules import PartsOfMonth, compare_parts, latest_settled
from zettai_worker.resources import CountedCalls, Service

logger = structlog.get_logger("zettai.reconciliation")

PARTS = "parts"
"""The name of the job, under which the time of its last run is stored."""


class PartsComparison(Service):
    """Compares months."""

    def latest_month(self) -> Month:
        """Return the latest month whose numbers are complete, by the clock of Redis."""
        return latest_settled(self._store.now())

    def compare(self, month: Month) -> PartsOfMonth:
        """Compare a month.

        Raises:
            ProviderError: the provider has not said how many parts it has.
            LimiterError: there was no slot for the call.
        """
        calls = CountedCalls(self._limiter, Lane.STATUS, self._settings)
        provider = self._provider.billed_parts(month, before_send=calls)
        return compare_parts(month, self._store.billed_parts(), provider, self._store.now())

    def run(self) -> None:
        """Compare the latest month. If its numbers are complete, record the differences for the metric, and log them.

        Beat starts it each day. So a difference that vanishes, because a status came late, is not reported any longer.
        """
        month = self.latest_month()
        if self._store.is_circuit_open():
            logger.info("comparison_skipped", job=PARTS, reason="the provider is down")
            return
        try:
            compared = self.compare(month)
        except (ProviderError, LimiterError) as error:
            logger.warning("comparison_failed", job=PARTS, month=str(month), error=str(error))
            return
        if compared.inconclusive is None:
            differences = {one.carrier.value: one.difference for one in compared.carriers}
            self._store.record_parts_comparison(month, differences)
            if compared.differs:
                logger.warning("parts_differ", month=str(month), **differences)
            else:
                logger.info("parts_compared", month=str(month))
        self._store.record_run(PARTS)
