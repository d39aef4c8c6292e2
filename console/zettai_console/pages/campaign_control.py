"""Pause, resume and pace a campaign: what waits and what follows, and the change after a confirmation."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from zettai.campaigns import CampaignStatus
from zettai.core.errors import InvalidMessage, UrgentCampaign
from zettai.core.states import State
from zettai.core.store.audit import AuditAction
from zettai.gateway.operations.campaigns import show_campaign
from zettai.gateway.problems import Problem, ProblemType
from zettai_console.app import View
from zettai_console.page import Page
from zettai_console.security.roles import Right

HOURS = tuple(f"{hour:02}:00" for hour in range(25))
"""The times that a window of the day may have in the form."""

RATES = ("1/second", "5/second", "10/second", "50/second", "100/second", "300/second")
"""The rates that the form offers. `zettai campaign` takes any."""

DAYS = ("mon-fri", "mon-sat")
"""The days of the week that the form offers, beside every day."""


async def preview_pause(page: Page) -> Response:
    """Show what pausing a campaign would do."""
    status = await _status(page)
    return page.render("pause_campaign.html", status=status, reserved=status.states.get(State.SCHEDULED, 0))


async def pause(page: Page) -> Response:
    """Pause a campaign."""
    reservations = page.text("reservations") == "yes"
    return await _change(page, "pause", partial(page.services.client.campaigns.pause, reservations=reservations))


async def preview_resume(page: Page) -> Response:
    """Show what resuming a campaign would do."""
    return page.render("resume_campaign.html", status=await _status(page))


async def resume(page: Page) -> Response:
    """Resume a campaign."""
    return await _change(page, "resume", page.services.client.campaigns.resume)


async def show_pace(page: Page) -> Response:
    """Show the form for the pace and the window of a campaign."""
    return _pace_form(page, await _status(page))


async def set_pace(page: Page) -> Response:
    """Set how fast and when a campaign is sent."""
    begin, end = page.text("begin"), page.text("end")
    values: dict[str, Any] = {
        "rate": page.text("rate") or None,
        "between": f"{begin}-{end}" if begin or end else None,
        "days": page.text("days") or None,
        "holidays": page.text("holidays") == "yes",
    }
    try:
        return await _change(page, "set", partial(page.services.client.campaigns.set, **values))
    except InvalidMessage as error:
        return _pace_form(page, await _status(page), HTTPStatus.BAD_REQUEST, problem=page.sentence(error))


async def _status(page: Page) -> CampaignStatus:
    """Return the campaign that the form or the address names, if the user may control it."""
    return await page.run(lambda: show_campaign(page.services.client, page.text("name"), page.sees))


async def _change(page: Page, action: str, change: Callable[[str], CampaignStatus]) -> Response:
    status = await _status(page)
    try:
        changed = await page.run_audited(AuditAction.CONTROL_CAMPAIGN, lambda: change(status.name), group=status.name)
    except UrgentCampaign:
        return page.render("urgent_campaign.html", HTTPStatus.CONFLICT, name=status.name)
    page.log_change(f"campaign_{action}", group=status.name, waiting=changed.waiting, will_expire=changed.will_expire)
    return page.redirect("/campaign", name=status.name)


def _pace_form(page: Page, status: CampaignStatus, code: int = HTTPStatus.OK, problem: str | None = None) -> Response:
    values = {"status": status, "problem": problem, "hours": HOURS, "rates": RATES, "days": DAYS}
    return page.render("pace_campaign.html", code, **values)


async def control_of(page: Page, name: str) -> CampaignStatus | None:
    """Return how a campaign is controlled, or None if the user may not control it."""
    try:
        return await page.run(lambda: show_campaign(page.services.client, name, page.sees))
    except Problem as problem:
        if problem.type is not ProblemType.NOT_FOUND:
            raise
        return None


VIEWS = (
    View("/campaign/pause", preview_pause, Right.CANCEL),
    View("/campaign/pause", pause, Right.CANCEL, method="POST"),
    View("/campaign/resume", preview_resume, Right.CANCEL),
    View("/campaign/resume", resume, Right.CANCEL, method="POST"),
    View("/campaign/pace", show_pace, Right.CANCEL),
    View("/campaign/pace", set_pace, Right.CANCEL, method="POST"),
)
