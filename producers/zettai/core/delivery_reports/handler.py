"""Handle a request with delivery reports in one call, from any HTTP framework."""

from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from redis.backoff import NoBackoff
from redis.retry import Retry

from zettai.core.delivery_reports.decisions import Outcome
from zettai.core.delivery_reports.parsing import UnreadableReport, parse_reports
from zettai.core.delivery_reports.recorder import ReportRecorder
from zettai.core.errors import SettingsError
from zettai.core.loggers import get_logger
from zettai.core.settings import Settings
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect, store_errors
from zettai.core.store.keys import Keys

logger = get_logger("zettai.reports")

MAX_BODY_SIZE = 1_000_000
"""Bytes: more than a hundred reports, each with a text of 660 wide characters. Answer larger bodies with 413."""

TOO_LARGE = f"The body may have {MAX_BODY_SIZE:,} bytes at most."
"""The text of that answer."""

REDIS_TIMEOUT = timedelta(seconds=1)
"""For the connection and for each answer, with one retry. The provider waits 10 seconds for our answer."""


def _do_not_count(_outcome: Outcome) -> None:
    """Ignore an outcome."""


class DeliveryReportHandler:
    """Records the delivery reports of requests. Safe to share between threads. Close it, or use it in a `with` block.

    Serve it under a secret path, for POST only, and answer within 10 seconds:

        try:
            handler.handle(body)
        except UnreadableReport:
            return 400  # the body may be truncated; the provider sends it again
        except LedgerUnavailable:
            return 503  # the provider sends it again
        return 200  # also if reports were ignored: sending them again would change nothing
    """

    def __init__(self, settings: Settings, *, on_outcome: Callable[[Outcome], object] = _do_not_count) -> None:
        """Create a handler. It connects to Redis with the first request.

        Args:
            settings: the settings of Redis, and the id of our account (`ZETTAI_CLIENT_ID`), and further accounts
                (`ZETTAI_ACCOUNTS_FILE`).
            on_outcome: called with the outcome of each report, in the thread that handles the request.

        Raises:
            SettingsError: the client id is missing.
        """
        if settings.client_id is None:
            raise SettingsError("ZETTAI_CLIENT_ID: must be set")
        redis = connect(settings.redis_url, retry=Retry(NoBackoff(), retries=1), timeout=REDIS_TIMEOUT)
        reserve_within, secrets = settings.reserve_within, settings.secret_keys()
        stores = {
            account: WorkerStore(
                redis, Keys(settings.key_prefix, account), reserve_within=reserve_within, secrets=secrets
            )
            for account in settings.account_names
        }
        self._store = stores[None]
        client_ids: dict[str | None, str] = {name: one.client_id for name, one in settings.accounts.items()}
        client_ids[None] = settings.client_id
        self._recorder = ReportRecorder(stores, client_ids, on_outcome)
        self._on_outcome = on_outcome

    @classmethod
    def from_env(cls, **overrides: Any) -> Self:
        """Create a handler from the `ZETTAI_` environment variables.

        Args:
            overrides: settings by field name. They take precedence over the environment.

        Raises:
            SettingsError: a setting is missing or invalid. The message is one line and names it.
        """
        return cls(Settings.load(**overrides))

    def handle(self, body: bytes) -> None:
        """Record the reports of a request. Safe to repeat with the same body.

        Args:
            body: the raw body of the request, a form with the field `json`.

        Raises:
            UnreadableReport: the body has no valid reports.
            LedgerUnavailable: Redis did not answer. Some of the reports may be recorded.
        """
        try:
            reports = parse_reports(body)
        except UnreadableReport as error:
            self._on_outcome(Outcome.MALFORMED)
            logger.warning("report_unreadable", part="body", reason=str(error))
            raise
        with store_errors():
            self._recorder.record(reports)

    def ping(self) -> None:
        """Check that Redis answers.

        Raises:
            LedgerUnavailable: Redis does not answer.
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
