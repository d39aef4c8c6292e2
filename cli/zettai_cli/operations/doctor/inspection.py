"""Collects the facts for `doctor` from Redis, the provider and the workers. `checks.py` decides about them.

No text contains the token, or a URL with a password.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from uuid import uuid4

from redis import Redis
from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError
from requests.adapters import DEFAULT_CA_BUNDLE_PATH

from zettai.core.celery_config import celery_config
from zettai.core.lanes import Lane
from zettai.core.redis_problem import describe_redis_error
from zettai.core.redis_url import without_secrets
from zettai.core.settings import Settings
from zettai.core.states import State
from zettai.core.store import WorkerStore, durability
from zettai.core.store.billed_parts import read_parts_differences
from zettai.core.store.connection import UNRETRIED, connect
from zettai.core.store.keys import Keys
from zettai.core.store.layout import read_layout
from zettai.core.store.memory import read_memory_use
from zettai_cli.operations.doctor import checks, redis_checks
from zettai_cli.operations.doctor.live import LiveTest
from zettai_cli.operations.doctor.live_calls import Calls
from zettai_cli.operations.doctor.results import Check, failed, ok, unknown
from zettai_cli.shared.store import open_store
from zettai_worker.limiter import LimiterError
from zettai_worker.metrics.event_metrics import read_event_statistics
from zettai_worker.provider import BeforeSend, ProviderClient, ProviderError, Refused
from zettai_worker.runtime import build_limiter, build_provider
from zettai_worker.settings import CONNECT_TIMEOUT, LimiterSettings, WorkerSettings
from zettai_worker.ticks import read_beat_status
from zettai_worker.worker_pings import WorkerPings

AnySettings = TypeVar("AnySettings", bound=Settings)

SLOT_TIMEOUT = timedelta(seconds=5)
"""How long the call to the provider may wait for its slot."""


def redis(settings: Settings) -> Iterator[Check]:
    """Check Redis: first whether it answers, then its configuration."""
    with connect(settings.redis_url, retry=UNRETRIED) as client:
        try:
            client.ping()
        except RedisError as error:
            yield failed(
                "redis", f"{without_secrets(settings.redis_url)}: {describe_redis_error(error)}", _redis_advice(error)
            )
            return
        yield ok("redis", without_secrets(settings.redis_url))
        info = _info(client)
        yield redis_checks.server(info)
        yield redis_checks.persistence(info, durability.read_appendfsync(client))
        yield redis_checks.durability(durability.find_problem(client), demanded=settings.durable)
        yield redis_checks.eviction(info)
        yield redis_checks.clock(_clock_ahead(client))
        yield redis_checks.layout(read_layout(client, Keys(settings.key_prefix)))


def queues(settings: Settings) -> Iterator[Check]:
    """Check the queues and the rate limit of each account, if it is set right, the events and the suppression list."""
    yield from for_each_account(settings, _queues_of)
    with open_store(settings, retry=UNRETRIED) as store:
        events = read_event_statistics(store)
        yield checks.events(events.lag, events.lost)
        yield _suppressions(settings, store)
        yield redis_checks.memory(read_memory_use(store.redis, store.keys))
        yield checks.only_to(None if settings.only_to is None else len(settings.only_to))


def _queues_of(settings: Settings) -> Iterator[Check]:
    with open_store(settings, retry=UNRETRIED) as store:
        yield checks.queues({lane: store.queue_length(lane) for lane in Lane})
        yield checks.oldest(_oldest_queued(store))
        yield checks.damaged(store.quarantined())
        yield checks.sending(store.suspensions().values())
        yield checks.billed_parts(read_parts_differences(store.redis, store.keys))
    if isinstance(settings, LimiterSettings):
        yield checks.limit(build_limiter(settings).state())


def for_each_account(settings: AnySettings, examine: Callable[[AnySettings], Iterator[Check]]) -> Iterator[Check]:
    """Yield the checks of each account. Those of further accounts have its name."""
    for account in settings.account_names:
        for check in examine(settings.for_account(account)):
            yield check if account is None else replace(check, name=f"{check.name} ({account})")


def workers(settings: Settings) -> Iterator[Check]:
    """Check whether workers and a beat are running. It needs no settings of the provider."""
    with closing(WorkerPings(settings)) as pings, open_store(settings, retry=UNRETRIED) as store:
        yield checks.workers(pings.ping() or ())
        yield checks.beat(read_beat_status(store))


def visibility(settings: WorkerSettings) -> Check:
    """Check that Celery does not deliver a task again while a claim lasts."""
    visible = celery_config(settings)["broker_transport_options"]["visibility_timeout"]
    return checks.visibility(timedelta(seconds=visible), settings.lease)


def provider(settings: WorkerSettings, *, is_called: bool) -> Iterator[Check]:
    """Check whether the provider accepts connections, and its certificate. Only a call checks the token.

    Args:
        settings: of the worker.
        is_called: whether a call follows.
    """
    and_more = "" if is_called else "; --call checks the token too"
    url = urlsplit(settings.api_url)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), CONNECT_TIMEOUT.total_seconds()) as connection:
            yield ok("provider", f"{host}:{port} accepts connections{and_more}")
            if url.scheme == "https":
                yield _certificate(connection, host, settings)
    except OSError as error:
        yield failed(
            "provider", f"{host}:{port}: {error.strerror or type(error).__name__}", "check the network and the firewall"
        )


def call(settings: WorkerSettings) -> Iterator[Check]:
    """Ask the provider about a message that does not exist, to check token, client id, address and sender codes."""
    yield from for_each_account(settings, _call_of)


def _call_of(settings: WorkerSettings) -> Iterator[Check]:
    limiter = build_limiter(settings)
    client = build_provider(settings, limiter)
    tag = f"doctor-{uuid4()}"

    def before_send() -> None:
        limiter.acquire(Lane.STATUS, timeout=SLOT_TIMEOUT)

    try:
        client.status(tag, before_send=before_send)
        yield ok("provider call", "token, client id and IP address are accepted")
        codes = dict.fromkeys((settings.sms_code, *settings.senders))
        yield checks.sender_codes({code: _refusal_of(client, code, tag, before_send) for code in codes})
    except ProviderError as error:
        yield failed(
            "provider call",
            str(error),
            "check token and client id, and that the provider knows the IP address of this host",
        )
    except LimiterError as error:
        yield unknown("provider call", f"no call was made: {error}")
    finally:
        client.close()
        limiter.close()


def _refusal_of(client: ProviderClient, sender: str, tag: str, before_send: BeforeSend) -> str | None:
    """Return how the provider refuses a sender code, or None if it does not."""
    try:
        client.check_reservations(client_tag=tag, sms_code=sender, before_send=before_send)
    except Refused as refusal:
        return refusal.kind if refusal.concerns_sender else None
    return None


def live(settings: WorkerSettings, number: str, *, status_within: float) -> Iterator[Check]:
    """Send one message and cancel one reservation, to see how this account behaves."""
    if not settings.allows(number):
        yield failed("live", "the number is not one of ZETTAI_ONLY_TO", "give --to one of these numbers")
        return
    limiter = build_limiter(settings)
    calls = Calls(limiter)
    client = build_provider(settings, limiter, on_date=calls.observe_date)
    try:
        yield from LiveTest(client, calls, number, status_within=status_within).run()
    finally:
        client.close()
        limiter.close()


def _suppressions(settings: Settings, store: WorkerStore) -> Check:
    key, found = settings.secret_keys().suppressions, store.suppressions
    return checks.suppressions(None if key is None else key.fingerprint, found.fingerprint(), found.count())


def _certificate(connection: socket.socket, host: str, settings: WorkerSettings) -> Check:
    context = ssl.create_default_context(cafile=str(settings.ca_file or DEFAULT_CA_BUNDLE_PATH))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    try:
        with context.wrap_socket(connection, server_hostname=host) as secured:
            ends = ssl.cert_time_to_seconds(str((secured.getpeercert() or {})["notAfter"]))
            return checks.certificate(timedelta(seconds=ends - time.time()), secured.version() or "")
    except ssl.SSLCertVerificationError as error:
        return failed(
            "provider TLS",
            error.verify_message,
            "check ZETTAI_API_URL; set ZETTAI_CA_FILE if the certificate is from a private CA",
        )
    except OSError as error:
        return failed(
            "provider TLS", type(error).__name__, "the connection must allow TLS 1.2; check for a proxy in between"
        )


def _info(client: Redis) -> dict[str, Any]:
    """Return the answer of INFO, or nothing if this user may not run it."""
    try:
        return dict(client.info())
    except ResponseError:
        return {}


def _clock_ahead(client: Redis) -> timedelta:
    """Return the time of this host minus the time of Redis, in the middle of the request."""
    asked = time.time()
    seconds, microseconds = client.time()
    answered = time.time()
    return timedelta(seconds=(asked + answered) / 2 - seconds - microseconds / 1_000_000)


def _oldest_queued(store: WorkerStore) -> timedelta | None:
    first = cast("list[str]", store.redis.zrange(store.keys.state(State.QUEUED), 0, 0))
    message = store.get(first)[0] if first else None
    return store.now() - message.since if message else None


def _redis_advice(error: RedisError) -> str:
    if isinstance(error, AuthenticationError | AuthorizationError):
        return "correct the user and the password in ZETTAI_REDIS_URL"
    return "check ZETTAI_REDIS_URL, and that Redis can be reached from this host"
