"""What one worker process has: its settings, connections and services. Nothing is connected before its first use."""

from contextlib import suppress
from datetime import timedelta

from producers.connection import UNRETRIED, connect
from producers.keys import Keys
from producers.ledger import WorkLedger
from producers.queues import Publisher
from worker import metrics
from worker.cancelling import Canceler
from worker.checking import Checker
from worker.limiter import Limiter, LimiterUnavailable
from worker.provider import ProviderClient
from worker.reconciliation import Reconciler
from worker.sending import Sender
from worker.settings import LimiterSettings, WorkerSettings

LIMITER_TIMEOUT = timedelta(milliseconds=250)
"""A booking whose answer takes longer only wastes its slots."""


class Runtime:
    """The wiring of one process: who is built from what."""

    def __init__(self, settings: WorkerSettings) -> None:
        keys = Keys(settings.key_prefix)
        self.settings = settings
        self.ledger = WorkLedger(connect(settings.redis_url), keys)
        self.publisher = Publisher(settings)
        self.limiter = build_limiter(settings)
        self.provider = build_provider(settings, self.limiter)
        self.sender = Sender(self.ledger, self.provider, self.limiter, settings)
        self.canceler = Canceler(self.ledger, self.provider, self.limiter, settings)
        self.checker = Checker(self.ledger, self.provider, self.limiter, settings)
        self.reconciler = Reconciler(self.ledger, self.publisher, settings)


def build_limiter(settings: LimiterSettings) -> Limiter:
    """The rate limit as the settings have it. Its bookings are never sent twice."""
    redis = connect(settings.redis_url, retry=UNRETRIED, timeout=LIMITER_TIMEOUT)
    key = Keys(settings.key_prefix).limiter
    return Limiter(redis, limit=settings.rate_limit, key=key, spread=settings.rate_spread)


def build_provider(settings: WorkerSettings, limiter: Limiter) -> ProviderClient:
    """The provider's API as the settings have it; whichever call it throttles slows all of them down.

    Raises:
        SettingsError: there is no token.
    """

    def slow_down(retry_after: timedelta | None) -> None:
        # Without Redis no call is made anyway.
        with suppress(LimiterUnavailable):
            limiter.slow_down(retry_after)

    return ProviderClient(
        base_url=settings.api_url,
        token=settings.required_token(),
        client_id=settings.client_id,
        sms_code=settings.sms_code,
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.http_timeout,
        deadline=settings.http_timeout,
        ca_file=settings.ca_file,
        on_call=metrics.observe_call,
        on_throttle=slow_down,
    )
