"""Starts the console: in the gateway process, or alone."""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta

from redis import Redis
from starlette.routing import BaseRoute

from zettai.asgi.thread_pool import ThreadPool
from zettai.client import SmsClient
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.gateway.process import REDIS_TIMEOUT, BuildConsole, run
from zettai.gateway.store_calls import StoreCalls
from zettai_console.app import console_routes
from zettai_console.live_reports import LiveReports, read_by
from zettai_console.pages import VIEWS
from zettai_console.security.login_limit import LoginLimit
from zettai_console.security.sessions import Sessions
from zettai_console.security.users import Users
from zettai_console.services import AccountServices, Services
from zettai_console.settings import ConsoleSettings
from zettai_worker.runtime import build_limiter
from zettai_worker.worker_pings import WorkerPings

FILE_THREADS = 2
"""Files that are read or sent at the same time."""

FILE_PATIENCE = timedelta(seconds=40)
"""How long a page waits for a file. Proxies often end a request after 60 s. A send goes on after that."""


def run_gateway(settings: ConsoleSettings) -> None:
    """Run the gateway, with the console if `ZETTAI_CONSOLE` is set, until SIGTERM or Ctrl-C.

    Raises:
        SettingsError: a setting is missing or wrong.
        DurabilityUnavailable: all messages must be durable, but Redis cannot confirm it.
        CannotListen: a port is in use, or the address does not exist.
    """
    run(settings, console_of(settings) if settings.console else None)


def run_console(settings: ConsoleSettings) -> None:
    """Run the console without the API, until SIGTERM or Ctrl-C. It raises what `run_gateway` does."""
    run(settings.model_copy(update={"gateway_keys": None, "report_path": None}), console_of(settings))


def console_of(settings: ConsoleSettings) -> BuildConsole:
    """Return what builds the console for the gateway.

    Raises:
        SettingsError: a setting of the console is missing or wrong.
    """
    settings.required_console_secret()
    settings.check_logins()

    def build(client: SmsClient, calls: StoreCalls, resources: ExitStack) -> Sequence[BaseRoute]:
        redis = connect(settings.redis_url, timeout=REDIS_TIMEOUT)
        resources.callback(redis.close)
        accounts = {account: _services_of(settings.for_account(account), redis) for account in settings.account_names}
        for one in accounts.values():
            resources.callback(one.limiter.close)
        workers = resources.enter_context(WorkerPings(settings))
        store = accounts[None].store
        reports = LiveReports(read_by(store))
        resources.callback(reports.close)
        files = ThreadPool(threads=FILE_THREADS, timeout=FILE_PATIENCE)
        users = Users(settings)
        logins = LoginLimit(store.redis, store.keys)
        sessions = Sessions(store.redis, store.keys, settings.console_session)
        services = Services(settings, users, logins, sessions, client, accounts, workers, reports, calls, files)
        return console_routes(services, VIEWS)

    return build


def _services_of(settings: ConsoleSettings, redis: Redis) -> AccountServices:
    store = WorkerStore(
        redis,
        Keys(settings.key_prefix, settings.account),
        reserve_within=settings.reserve_within,
        secrets=settings.secret_keys(),
    )
    return AccountServices(store, build_limiter(settings))
