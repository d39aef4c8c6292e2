"""What one worker process has: its settings, connections and services. Nothing is connected before its first use."""

from contextlib import suppress
from datetime import timedelta

from zettai.core.publisher import Publisher
from zettai.core.store import WorkerStore
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys
from zettai_worker.following.cancels import Canceler
from zettai_worker.following.status_checks import Checker
from zettai_worker.limiter import Limiter, LimiterUnavailable
from zettai_worker.metrics import counters as metrics
from zettai_worker.provider import ProviderClient
from zettai_worker.reconciliation import Comparison, Reconciler, Rounds
from zettai_worker.sending.circuit_breaker import CircuitBreaker
from zettai_worker.sending.sender import Sender
from zettai_worker.settings import LimiterSettings, WorkerSettings

LIMITER_TIMEOUT = timedelta(milliseconds=250)
"""A booking whose answer takes longer only wastes its slots."""


class Runtime:
    """The wiring of one process: who is built from what."""

    def __init__(self, settings: WorkerSettings) -> None:
        keys = Keys(settings.key_prefix)
        self.settings = settings
        self.store = WorkerStore(connect(settings.redis_url), keys)
        self.publisher = Publisher(settings)
        self.limiter = build_limiter(settings)
        self.provider = build_provider(settings, self.limiter, CircuitBreaker(self.store, settings))
        self.sender = Sender(self.store, self.provider, self.limiter, settings)
        self.canceler = Canceler(self.store, self.provider, self.limiter, settings)
        self.checker = Checker(self.store, self.provider, self.limiter, settings)
        self.reconciler = Reconciler(self.store, self.publisher, settings)
        self.rounds = Rounds(self.store, Comparison(self.store, self.provider, self.limiter, settings))

    def stop(self) -> None:
        """Let nobody wait for a slot any longer, and nothing new begin. Calls in the air are finished."""
        self.sender.stop()
        self.limiter.close()


def build_limiter(settings: LimiterSettings) -> Limiter:
    """The rate limit as the settings have it. Its bookings are never sent twice."""
    redis = connect(settings.redis_url, retry=UNRETRIED, timeout=LIMITER_TIMEOUT)
    key = Keys(settings.key_prefix).limiter
    return Limiter(
        redis,
        limit=settings.rate_limit,
        key=key,
        spread=settings.rate_spread,
        on_wait=lambda lane, seconds: metrics.WAITS[lane].observe(seconds),
        on_missed_slot=metrics.MISSED_SLOTS.inc,
    )


def build_provider(settings: WorkerSettings, limiter: Limiter, breaker: CircuitBreaker | None = None) -> ProviderClient:
    """The provider's API as the settings have it. What any call learns of its state concerns all of them.

    Raises:
        SettingsError: there is no token.
    """

    def slow_down(retry_after: timedelta | None) -> None:
        # Without Redis no call is made anyway.
        with suppress(LimiterUnavailable):
            limiter.slow_down(retry_after)

    def observe(endpoint: str, outcome: str, seconds: float) -> None:
        metrics.observe_call(endpoint, outcome, seconds)
        if breaker is not None:
            breaker.record(outcome)

    return ProviderClient(
        base_url=settings.api_url,
        token=settings.required_token(),
        client_id=settings.client_id,
        sms_code=settings.sms_code,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.http_timeout,
        deadline=settings.http_timeout,
        ca_file=settings.ca_file,
        on_call=observe,
        on_error=metrics.observe_error,
        on_throttle=slow_down,
    )
