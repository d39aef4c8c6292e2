"""What the pages of the console work with."""

from dataclasses import dataclass

from zettai.asgi.thread_pool import ThreadPool
from zettai.client import SmsClient
from zettai.core.store import WorkerStore
from zettai.gateway.store_calls import StoreCalls
from zettai_console.live_reports import LiveReports
from zettai_console.security.login_limit import LoginLimit
from zettai_console.security.users import Users
from zettai_console.settings import ConsoleSettings
from zettai_worker.limiter import Limiter


@dataclass(frozen=True, slots=True)
class Services:
    """What the pages work with. All of them share one.

    Attributes:
        settings: of the console.
        users: finds the user of a request.
        logins: limits failed logins.
        client: sends and cancels messages.
        store: reads messages and statistics.
        limiter: reads the state of the rate limit.
        reports: has the reports about campaigns.
        calls: runs calls of the store in threads.
        files: runs what reads or sends a whole file, in few threads.
    """

    settings: ConsoleSettings
    users: Users
    logins: LoginLimit
    client: SmsClient
    store: WorkerStore
    limiter: Limiter
    reports: LiveReports
    calls: StoreCalls
    files: ThreadPool
