"""Taking delivery reports with one call, from a view of any web framework. The HTTP around it is the caller's."""

from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import structlog
from redis.backoff import NoBackoff
from redis.retry import Retry

from zettai.core.delivery_reports.outcomes import Outcome
from zettai.core.delivery_reports.parsing import Unreadable, read_reports
from zettai.core.delivery_reports.recorder import Recorder
from zettai.core.errors import SettingsError
from zettai.core.settings import Settings
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect, store_errors
from zettai.core.store.keys import Keys

logger = structlog.get_logger("zettai.reports")

LARGEST_BODY = 1_000_000
"""Bytes: more than a hundred reports, each with a text of 660 wide characters. Refuse more, with 413."""

REDIS_TIMEOUT = timedelta(seconds=1)
"""For connecting and for each answer, tried twice at most: the provider must hear from us within 10 seconds."""


def _uncounted(_outcome: Outcome) -> None:
    """Nobody counts."""


class ReportTaker:
    """Takes delivery reports down in the store. Safe to share between threads; close it or use it in a `with` block.

    Serve it under a path that nobody guesses, to POST alone, and answer as the provider expects, within 10 seconds:

        try:
            taker.take(body)
        except Unreadable:
            return 400  # the body may have been cut; the provider brings it again
        except LedgerUnavailable:
            return 503  # likewise
        return 200  # also for reports that are not believed: they would be no different next time
    """

    def __init__(self, settings: Settings, *, on_outcome: Callable[[Outcome], object] = _uncounted) -> None:
        """Build one; nothing is connected before the first report.

        Args:
            settings: where Redis is, and which account is ours (`ZETTAI_CLIENT_ID`).
            on_outcome: called with what became of each report, to be counted; from the thread that takes it.

        Raises:
            SettingsError: there is no client id.
        """
        if settings.client_id is None:
            raise SettingsError("ZETTAI_CLIENT_ID: Field required")
        # It gives up early: the provider comes again.
        redis = connect(settings.redis_url, retry=Retry(NoBackoff(), retries=1), timeout=REDIS_TIMEOUT)
        self._store = WorkerStore(redis, Keys(settings.key_prefix))
        self._recorder = Recorder(self._store, settings.client_id, on_outcome)
        self._on_outcome = on_outcome

    @classmethod
    def from_env(cls, **overrides: Any) -> Self:
        """Build one by the `ZETTAI_` environment variables.

        Args:
            overrides: settings by field name, which win over the environment.

        Raises:
            SettingsError: one line that names what is wrong.
        """
        return cls(Settings.load(**overrides))

    def take(self, body: bytes) -> None:
        """Record the reports of a request. May be called again with the same ones.

        Args:
            body: of the request, as it came: a form with the field `json` or `xml`.

        Raises:
            Unreadable: there are no reports in it.
            LedgerUnavailable: Redis did not answer; some reports may be recorded.
        """
        try:
            reports = read_reports(body)
        except Unreadable as error:
            self._on_outcome(Outcome.MALFORMED)
            logger.warning("report_unreadable", part="body", reason=str(error))
            raise
        with store_errors():
            self._recorder.record(reports)

    def ping(self) -> None:
        """See whether Redis answers.

        Raises:
            LedgerUnavailable: it does not.
        """
        with store_errors():
            self._store.redis.ping()

    def close(self) -> None:
        """Close all connections."""
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
