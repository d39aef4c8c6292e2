"""The start page: whether messages are sent, the rate, what waits, and the latest problems."""

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

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
    """What the start page shows."""

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


def read_account(services: Services, owner: str | None) -> AccountState:
    """Read the state of the account. Its cost does not grow with the number of messages.

    Args:
        services: of the console.
        owner: only problems with messages of this owner; None for all.

    Raises:
        RedisError: Redis does not answer.
    """
    statistics = read_statistics(services.store)
    try:
        limit = services.limiter.state()
    except LimiterUnavailable:
        limit = None
    beat = read_beat_status(services.store)
    problems = read_problems(services.store)
    if owner is not None:
        messages = services.store.get(one.client_tag for one in problems)
        owned = {message.client_tag for message in messages if message is not None and message.owner == owner}
        problems = tuple(one for one in problems if one.client_tag in owned)
    return AccountState(statistics, limit, problems, beat, _sending(statistics, limit, beat))


def _sending(statistics: Statistics, limit: LimiterState | None, beat: BeatStatus) -> SendingState:
    if statistics.held is not None and statistics.provider_down:
        return SendingState("bad", mark("The provider is down"), statistics.held)
    if statistics.held is not None:
        return SendingState("bad", mark("Sending is suspended"), statistics.held)
    if limit is not None and limit.paused:
        return SendingState("wait", mark("Sending is paused"), "paused", limit.paused_until)
    if not beat.alive:
        return SendingState("bad", mark("Not sending: no beat is running"))
    if statistics.held_senders:
        return SendingState("wait", mark("Some sender codes are suspended"))
    return SendingState("good", mark("Messages can be sent"))


async def show_account(page: Page) -> Response:
    """Show the start page, or its changing part alone."""
    state = await page.run(lambda: read_account(page.services, page.sees))
    return page.render("parts/account.html" if page.is_update else "account.html", state=state)


VIEWS = (View("/", show_account),)
