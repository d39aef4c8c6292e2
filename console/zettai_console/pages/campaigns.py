"""Campaigns: which ones are running or finished, and the progress of one."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import cast

from starlette.responses import Response

from zettai.core.errors import InvalidMessage
from zettai.core.store import MessageStore
from zettai.core.store.open_groups import FinishedGroup, read_finished_groups, read_open_groups
from zettai.core.store.queries import group_key
from zettai_console.app import View
from zettai_console.chart import chart_of
from zettai_console.page import Page
from zettai_console.pages.campaign_control import control_of
from zettai_console.words.causes import causes_in_words

LISTED = 100
"""Campaigns that are listed on a page."""

READ = 1_000
"""Running campaigns that are read, to list those with the most open messages."""

MANY = re.compile(r"[0-9]{1,6}")
"""How many campaigns to skip, in the address."""

CAUSES = 20
"""Causes of failures that are listed, the most frequent ones."""


@dataclass(frozen=True, slots=True)
class Running:
    """A campaign that has open messages.

    Attributes:
        name: of the group.
        open: messages that are not in a final state.
        messages: all messages; None for a user who sees only some of them.
    """

    name: str
    open: int
    messages: int | None

    @property
    def done(self) -> float | None:
        """The share of the messages in a final state, in percent."""
        return 100 * (self.messages - self.open) / self.messages if self.messages else None


def read_running(store: MessageStore, owner: str | None) -> list[Running]:
    """Return campaigns with open messages, those with the most first.

    Args:
        store: of the messages.
        owner: only the messages of this owner count; None for those of all.

    Raises:
        RedisError: Redis does not answer.
    """
    open_messages = Counter[str]()
    for group in read_open_groups(store.redis, store.keys, READ):
        if owner in {None, group.owner}:
            open_messages[group.name] += group.open
    largest = sorted(open_messages.items(), key=lambda item: (-item[1], item[0]))[:LISTED]
    if owner is not None:
        return [Running(name, count, None) for name, count in largest]
    with store.redis.pipeline(transaction=False) as pipe:
        for name, _ in largest:
            pipe.zcard(store.keys.group(name))
        totals = cast("list[int]", pipe.execute())
    return [Running(name, count, total) for (name, count), total in zip(largest, totals, strict=True)]


@dataclass(frozen=True, slots=True)
class FinishedPage:
    """A page of finished campaigns.

    Attributes:
        groups: the latest first, each once.
        older: how many to skip for the next page; None on the last one.
    """

    groups: Sequence[FinishedGroup]
    older: int | None


def read_finished(store: MessageStore, owner: str | None, skip: int) -> FinishedPage:
    """Return a page of finished campaigns. The arguments are those of `read_running`, and how many to skip."""
    found = (one for one in read_finished_groups(store.redis, store.keys) if owner in {None, one.owner})
    names: set[str] = set()
    each_once = (one for one in found if not (one.name in names or names.add(one.name)))  # type: ignore[func-returns-value]
    page = list(islice(each_once, skip, skip + LISTED + 1))
    return FinishedPage(page[:LISTED], skip + LISTED if len(page) > LISTED else None)


async def list_finished(page: Page) -> Response:
    """Show the campaigns that are finished, the latest first."""
    skip = int(page.text("skip")) if MANY.fullmatch(page.text("skip")) else 0
    found = await page.run(lambda: read_finished(page.services.store, page.sees, skip))
    return page.render("finished_campaigns.html", found=found)


async def list_running(page: Page) -> Response:
    """Show the campaigns that are running, and a form to find one by its name."""
    name = page.text("name").strip()
    if name:
        return page.redirect("/campaign", name=name)
    running = await page.run(lambda: read_running(page.services.store, page.sees))
    return page.render("parts/campaigns.html" if page.is_update else "campaigns.html", running=running, missing="")


async def show(page: Page) -> Response:
    """Show the progress of a campaign."""
    name = page.text("name")
    try:
        group_key(page.services.store, name)
    except InvalidMessage:
        return page.render("campaigns.html", HTTPStatus.NOT_FOUND, running=[], missing=name)
    report = await page.run(lambda: page.services.reports.get(name, page.sees))
    if report is not None and not report.messages:
        running = await page.run(lambda: read_running(page.services.store, page.sees))
        return page.render("campaigns.html", HTTPStatus.NOT_FOUND, running=running, missing=name)
    chart = None if report is None else chart_of(report)
    template = "parts/campaign.html" if page.is_update else "campaign.html"
    causes = [] if report is None else causes_in_words(report.causes, page.say)[:CAUSES]
    control = await control_of(page, name)
    return page.render(template, name=name, report=report, chart=chart, causes=causes, control=control)


VIEWS = (
    View("/campaigns", list_running),
    View("/campaigns/finished", list_finished),
    View("/campaign", show),
)
