"""The start page: whether messages of an account are sent, its rate, what waits, and its latest problems."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from zettai.core.accounts import DEFAULT_ACCOUNT, account_label, account_of_label
from zettai.core.lanes import Lane
from zettai_console.app import View
from zettai_console.language import mark
from zettai_console.page import Page
from zettai_console.services import Services
from zettai_worker.limiter import LimiterState, LimiterUnavailable
from zettai_worker.metrics.problems import MessageProblem, read_problems
from zettai_worker.metrics.statistics import Statistics, read_statistics
from zettai_worker.ticks import BeatStatus, read_beat_status


@dataclass(frozen=True, slots=True)
class SendingState:
    """Whether messages are sent.

    Attributes:
        tone: how it looks: `good`, `wait` or `bad`.
        label: in a few words; a key of the catalog.
        reason: why, in the words of the store; "" without one.
        until: when it ends, if that is known.
    """

    tone: str
    label: str
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccountState:
    """What the start page shows.

    Attributes:
        account: the account; None is the default account.
        workers: the worker processes that answered the last ping; None before the first answers.
    """

    account: str | None
    workers: tuple[str, ...] | None
    statistics: Statistics
    limit: LimiterState | None
    problems: tuple[MessageProblem, ...]
    beat: BeatStatus
    sending: SendingState

    @property
    def used(self) -> float:
        """The share of the rate limit that was used in the last second, in percent."""
        if self.limit is None or self.limit.rate < 1:
            return 0.0
        return min(100.0, 100 * self.limit.booked / self.limit.rate)

    @property
    def lanes(self) -> dict[Lane, int]:
        """The tasks that wait in each lane."""
        return dict(self.statistics.queued_tasks)


def read_account(services: Services, account: str | None, owner: str | None) -> AccountState:
    """Read the state of an account. Its cost does not grow with the number of messages.

    Args:
        services: of the console.
        account: the account; None is the default account.
        owner: only problems with messages of this owner; None for all.

    Raises:
        RedisError: Redis does not answer.
    """
    store, workers = services.accounts[account].store, services.workers.workers
    statistics = read_statistics(store)
    try:
        limit = services.accounts[account].limiter.state()
    except LimiterUnavailable:
        limit = None
    beat = read_beat_status(store)
    problems = read_problems(store)
    if owner is not None:
        messages = store.get(one.client_tag for one in problems)
        owned = {message.client_tag for message in messages if message is not None and message.owner == owner}
        problems = tuple(one for one in problems if one.client_tag in owned)
    sending = _sending(statistics, limit, beat, workers)
    return AccountState(account, workers, statistics, limit, problems, beat, sending)


def _sending(
    statistics: Statistics, limit: LimiterState | None, beat: BeatStatus, workers: tuple[str, ...] | None
) -> SendingState:
    if statistics.held is not None and statistics.provider_down:
        return SendingState("bad", mark("The provider is down"), statistics.held)
    if statistics.held is not None:
        return SendingState("bad", mark("Sending is suspended"), statistics.held)
    if statistics.paused or (limit is not None and limit.paused):
        return SendingState("wait", mark("Sending is paused"), "paused", limit.paused_until if limit else None)
    if workers == ():
        return SendingState("bad", mark("Not sending: no worker answers"))
    if not beat.alive or statistics.held_senders:
        no_beat, held = mark("No beat is running: only new messages are sent"), mark("Some sender codes are suspended")
        return SendingState("wait", held if beat.alive else no_beat)
    return SendingState("good", mark("Messages can be sent"))


async def show_account(page: Page) -> Response:
    """Show the start page of an account, or its changing part alone. An unknown account is not found."""
    accounts = page.services.accounts
    account = account_of_label(page.text("account") or DEFAULT_ACCOUNT)
    if account not in accounts:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    state = await page.run(lambda: read_account(page.services, account, page.sees))
    names = {one: account_label(one) for one in accounts}
    return page.render("parts/account.html" if page.is_update else "account.html", state=state, names=names)


VIEWS = (View("/", show_account),)
