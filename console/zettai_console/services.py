"""What the pages of the console work with."""

from collections.abc import Mapping
from dataclasses import dataclass

from zettai.asgi.thread_pool import ThreadPool
from zettai.client import SmsClient
from zettai.core.store import WorkerStore
from zettai.gateway.store_calls import StoreCalls
from zettai_console.live_reports import LiveReports
from zettai_console.security.login_limit import LoginLimit
from zettai_console.security.sessions import Sessions
from zettai_console.security.users import Users
from zettai_console.settings import ConsoleSettings
from zettai_worker.limiter import Limiter
from zettai_worker.worker_pings import WorkerPings


@dataclass(frozen=True, slots=True)
class AccountServices:
    """What the pages read of an account: its messages and statistics, and the state of its rate limit."""

    store: WorkerStore
    limiter: Limiter


@dataclass(frozen=True, slots=True)
class Services:
    """What the pages work with. All of them share one.

    Attributes:
        settings: of the console.
        users: finds the user of a request.
        logins: limits failed logins.
        sessions: knows which sessions a logout has ended.
        client: sends and cancels messages.
        accounts: what the pages read of each account, by its name; None is the default account.
        workers: pings the worker processes.
        reports: has the reports about campaigns.
        calls: runs calls of the store in threads.
        files: runs what reads or sends a whole file, in few threads.
    """

    settings: ConsoleSettings
    users: Users
    logins: LoginLimit
    sessions: Sessions
    client: SmsClient
    accounts: Mapping[str | None, AccountServices]
    workers: WorkerPings
    reports: LiveReports
    calls: StoreCalls
    files: ThreadPool

    @property
    def store(self) -> WorkerStore:
        """The store of the default account. It also reads what the accounts share: records, groups, the audit log."""
        return self.accounts[None].store
