"""The services of one account in a worker process, built from its settings. Nothing connects before its first use."""

from contextlib import suppress
from datetime import timedelta

from zettai.core.lanes import TURN_LANES, Lane
from zettai.core.publisher import Publisher
from zettai.core.store import WorkerStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys
from zettai_worker.engine import Engine
from zettai_worker.engine.callers import MOST_CALLERS
from zettai_worker.following.bulk_cancellation import BulkCanceler
from zettai_worker.following.cancellation import ReservationCanceler
from zettai_worker.following.day_checks import DayChecker
from zettai_worker.following.status_checks import StatusChecker
from zettai_worker.following.unknown_outcomes import UnknownOutcomes
from zettai_worker.limiter import Limiter, LimiterUnavailable
from zettai_worker.metrics.worker_metrics import WorkerMetrics
from zettai_worker.provider import DateObserver, ProviderClient
from zettai_worker.reconciliation import Comparison, ComparisonRuns, Reconciler
from zettai_worker.reconciliation.parts_comparison import PartsComparison
from zettai_worker.resources import Resources
from zettai_worker.sending.circuit_breaker import CircuitBreaker
from zettai_worker.sending.sender import Sender
from zettai_worker.sending.turn_sender import TurnSender
from zettai_worker.settings import CONNECT_TIMEOUT, LimiterSettings, WorkerSettings
from zettai_worker.ticks import Ticks

LIMITER_TIMEOUT = timedelta(milliseconds=250)
"""How long to wait for Redis to reserve slots. After this their time is almost over."""


class Runtime:
    """Builds the services of one account. `runtimes.py` has those of all accounts."""

    def __init__(
        self, settings: WorkerSettings, metrics: WorkerMetrics | None = None, *, most_callers: int = MOST_CALLERS
    ) -> None:
        """Build the services.

        Args:
            settings: of the worker, for this account.
            metrics: what the services count; without it, metrics that are not served.
            most_callers: the most threads for calls.
        """
        keys = Keys(settings.key_prefix, settings.account)
        self.settings = settings
        self.metrics = metrics or WorkerMetrics()
        self.store = WorkerStore(
            connect(settings.redis_url),
            keys,
            sms_code=settings.sms_code,
            reserve_within=settings.reserve_within,
            secrets=settings.secret_keys(),
        )
        self.publisher = Publisher(settings)
        self.limiter = build_limiter(settings, self.metrics)
        breaker = CircuitBreaker(self.store, self.metrics)
        self.provider = build_provider(settings, self.limiter, self.metrics, breaker)
        self.engine = Engine(self.limiter, account=settings.account, most_callers=most_callers)
        self.metrics.watch(self.engine)
        resources = Resources(self.store, self.provider, self.limiter, settings, self.metrics)
        self.sender = Sender(resources)
        self.turn_senders = {lane: TurnSender(resources, lane) for lane in TURN_LANES}
        self.unknown_outcomes = UnknownOutcomes(resources)
        self.canceler = ReservationCanceler(resources)
        self.bulk_canceler = BulkCanceler(resources, self.publisher)
        self.status_checker = StatusChecker(resources)
        self.day_checker = DayChecker(
            resources, self.status_checker, lambda tags: self.engine.add(self.status_checker, Lane.STATUS, tags)
        )
        self.reconciler = Reconciler(self.store, self.publisher, settings, self.metrics)
        self.comparison = Comparison(resources)
        self.comparison_runs = ComparisonRuns(self.store, self.comparison)
        self.parts_comparison = PartsComparison(resources)
        self.ticks = Ticks(self.store.redis, settings)

    def stop(self) -> None:
        """Start nothing new, give back what waits, and end all waits for a slot. Calls in flight are finished."""
        self.engine.stop()
        self.limiter.close()
        self.engine.give_back()


def build_limiter(settings: LimiterSettings, metrics: WorkerMetrics | None = None) -> Limiter:
    """Build the rate limiter. Its Redis client does not retry, so that no slots are reserved twice."""
    redis = connect(settings.redis_url, retry=UNRETRIED, timeout=LIMITER_TIMEOUT)
    key = Keys(settings.key_prefix, settings.account).limiter
    return Limiter(
        redis,
        limit=settings.rate_limit,
        key=key,
        spread=settings.rate_spread,
        on_wait=metrics.slot_waited if metrics else None,
        on_missed_slot=metrics.slot_missed if metrics else None,
    )


def build_provider(
    settings: WorkerSettings,
    limiter: Limiter,
    metrics: WorkerMetrics | None = None,
    breaker: CircuitBreaker | None = None,
    on_date: DateObserver = lambda _: None,
) -> ProviderClient:
    """Build the client of the provider's API.

    Args:
        settings: of the worker.
        limiter: slows down when the provider asks for it.
        metrics: counts the calls.
        breaker: counts the failures.
        on_date: observes the provider's clock.

    Raises:
        SettingsError: there is no token.
    """
    counted = metrics or WorkerMetrics()

    def slow_down(retry_after: timedelta | None) -> None:
        # Without Redis there are no calls to slow down.
        with suppress(LimiterUnavailable):
            limiter.slow_down(retry_after)

    def call_ended(endpoint: str, outcome: str, seconds: float) -> None:
        counted.call_ended(endpoint, outcome, seconds)
        if breaker is not None:
            breaker.record(outcome)

    return ProviderClient(
        base_url=settings.api_url,
        token=settings.required_token(),
        client_id=settings.client_id,
        sms_code=settings.sms_code,
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=settings.http_timeout,
        deadline=settings.http_timeout,
        ca_file=settings.ca_file,
        pool_size=MOST_CALLERS,
        on_call=call_ended,
        on_error=counted.call_failed,
        on_throttle=slow_down,
        on_written=limiter.call_written,
        on_date=on_date,
    )
