"""Send all dead letters of a list again, after a preview: those of a state, and of a campaign if one is chosen."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from zettai.core.errors import InvalidMessage, LedgerUnavailable
from zettai.core.states import State
from zettai.core.store.audit import AuditAction
from zettai.core.store.connection import store_errors
from zettai.core.times import from_milliseconds, to_milliseconds
from zettai.gateway.problems import Problem, ProblemType
from zettai.requeueing import DEAD_LETTER_STATES, Obstacle, Requeue, decide_requeue, send_again
from zettai_console.page import Page

STATES = (*DEAD_LETTER_STATES, State.UNDELIVERED)
"""The states whose messages may be sent again."""

MOST = 20_000
"""Messages that are sent again in one go. Who repeats it sends the next ones."""


TIME = re.compile(r"[0-9]{1,13}")
"""Milliseconds, in a form."""


@dataclass(frozen=True, slots=True)
class WholeList:
    """All dead letters of a list.

    Attributes:
        state: of the messages.
        group: only messages of it; "" for those of any.
        until: only messages that ended before (ms): whoever confirms has not seen those that come later.
        body: the text that all of them get.
        twice: whether recipients may get a message twice.
    """

    state: State
    group: str
    until: int
    body: str = field(repr=False)
    twice: bool

    @classmethod
    def of(cls, page: Page, body: str, *, twice: bool) -> "WholeList":
        """Return the list that a form names.

        Raises:
            HTTPException: it names none.
        """
        state, until = page.text("state"), page.text("until") or str(to_milliseconds(page.services.store.now()))
        if state not in STATES or not TIME.fullmatch(until):
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        return cls(State(state), page.text("group").strip(), int(until), body, twice)

    @property
    def decide(self) -> "partial[Requeue]":
        """What decides about a message and its text."""
        return partial(decide_requeue, may_send_twice=self.twice, undelivered=True)

    def requeues(self, page: Page) -> Iterator[Requeue]:
        """Yield the decision about each message that the user sees, until `MOST` of them can be sent.

        Raises:
            InvalidMessage: no group can have this name.
        """
        possible, until = 0, from_milliseconds(self.until)
        for message in page.services.client.list(state=self.state, group=self.group or None):
            if message.since <= until and page.sees in {None, message.owner}:
                requeue = self.decide(message, self.body)
                possible += requeue.obstacle is None
                yield requeue
                if possible == MOST:
                    return


@dataclass(slots=True)
class Counts:
    """What becomes of the messages of a list.

    Attributes:
        possible: how many are sent again.
        failed: how many could not be recorded.
        obstacles: how many are not sent, by the reason.
    """

    possible: int = 0
    failed: int = 0
    obstacles: Counter[Obstacle] = field(default_factory=Counter)

    def add(self, requeue: Requeue) -> None:
        """Count a message."""
        if requeue.obstacle is not None:
            self.obstacles[requeue.obstacle] += 1
        elif requeue.error is not None:
            self.failed += 1
        else:
            self.possible += 1


async def preview(page: Page, body: str, *, twice: bool) -> Response:
    """Show how many messages of a list would be sent again, and why others would not."""
    chosen = await page.run(lambda: WholeList.of(page, body, twice=twice))

    def count() -> Counts:
        counts = Counts()
        for one in chosen.requeues(page):
            counts.add(one)
        return counts

    return page.render("requeue_list.html", chosen=chosen, counts=await _run(page, count), most=MOST)


async def send(page: Page, body: str, *, twice: bool) -> Response:
    """Send the messages of a list again. It goes on after the page is closed."""
    chosen = await page.run(lambda: WholeList.of(page, body, twice=twice))
    which = {"state": chosen.state, "group": chosen.group or None}

    def send_all() -> Counts:
        page.audit(AuditAction.REQUEUE, **which)
        counts = Counts()
        for one in chosen.requeues(page):
            may_be_sent = one.obstacle is None
            counts.add(
                send_again(page.services.client, page.services.store, one, None, chosen.decide) if may_be_sent else one
            )
        page.log_change("requeue_list", **which, messages=counts.possible)
        return counts

    return page.render("requeued_list.html", chosen=chosen, counts=await _run(page, send_all))


async def _run(page: Page, work: Callable[[], Counts]) -> Counts | None:
    """Run work in a thread. Return None if it takes longer than a page waits; then it goes on.

    Raises:
        HTTPException: no group can have the name.
        Problem: Redis does not answer.
    """

    def run() -> Counts:
        with store_errors():
            return work()

    try:
        return await page.services.files.run(run)
    except InvalidMessage:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from None
    except LedgerUnavailable:
        raise Problem(ProblemType.UNAVAILABLE) from None
    except TimeoutError:
        return None
