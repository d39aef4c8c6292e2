"""Logs the differences that a comparison finds."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import structlog

from zettai_worker.reconciliation.differences import Difference, DifferenceKind

logger = structlog.get_logger("zettai.reconciliation")

MAX_EXAMPLES = 20
"""Client tags of one kind of difference in a log line."""


class ComparisonLog:
    """Logs each correction in a line of its own, and the other differences in one line for each kind at the end."""

    def __init__(self, job: str) -> None:
        self.changed = 0
        self.counts: Counter[str] = Counter()
        self._job = job
        self._uncorrected: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, found: Sequence[Difference], corrected: Sequence[Difference]) -> None:
        """Log the corrections of a batch, and collect the other differences."""
        self.changed += len(corrected)
        for one in corrected:
            if one.kind is not DifferenceKind.MOVED_ON and not one.cancels_again:
                logger.warning(
                    "difference_corrected", client_tag=one.client_tag, what=one.kind, was=one.store, state=one.new_state
                )
        for one in found:
            self.counts[one.kind] += 1
            if one.kind is DifferenceKind.PROMISE_BROKEN:
                logger.error(
                    "promise_broken",
                    client_tag=one.client_tag,
                    state=one.store,
                    provider=one.provider,
                    action=one.action,
                )
            if one.new_state is None and not one.cancels_again and len(self._uncorrected[one.kind]) < MAX_EXAMPLES:
                self._uncorrected[one.kind].append(one.client_tag)

    def finish(self) -> None:
        """Log what cannot be corrected: for each kind the number and a few tags."""
        for kind, tags in self._uncorrected.items():
            logger.warning(
                "differences_found", job=self._job, what=kind, count=self.counts[kind], examples=" ".join(tags)
            )
