"""Cancel a message or a campaign: a preview of what happens, and the cancel after a confirmation."""

from functools import partial
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.responses import Response

from zettai.campaign_report.statistics import Outcome
from zettai.core.errors import InvalidMessage
from zettai.core.states import State
from zettai.core.store.audit import AuditAction
from zettai.core.store.queries import group_key
from zettai_console.app import View
from zettai_console.page import Page
from zettai_console.pages.messages import CANCELABLE
from zettai_console.security.roles import Right


async def preview_message(page: Page) -> Response:
    """Show what canceling a message would do."""
    tag = page.text("tag")
    message = await page.run(lambda: page.message(tag))
    if message is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return page.render("cancel_message.html", message=message, is_cancelable=message.state in CANCELABLE)


async def cancel_message(page: Page) -> Response:
    """Cancel a message."""
    tag = page.text("tag")
    cancel = partial(page.services.client.cancel, tag, owner=page.sees)
    outcome = await page.run_audited(AuditAction.CANCEL, cancel, client_tag=tag)
    message = await page.run(lambda: page.message(tag))
    if message is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    page.log_change("cancel", client_tag=tag, outcome=outcome.value)
    return page.render("canceled_message.html", message=message, outcome=outcome)


async def preview_campaign(page: Page) -> Response:
    """Show what canceling a campaign would do."""
    name = page.text("name")
    try:
        group_key(page.services.store, name)
    except InvalidMessage:
        raise HTTPException(HTTPStatus.NOT_FOUND) from None
    report = await page.run(lambda: page.services.reports.get(name, page.sees))
    if report is not None and not report.messages:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    reserved = 0 if report is None else report.states.get(State.SCHEDULED, 0)
    values = {"name": name, "report": report, "waiting": 0, "reserved": reserved, "gone": 0}
    if report is not None:
        waiting = report.outcomes[Outcome.PENDING]
        values |= {"waiting": waiting, "gone": report.messages - waiting - reserved}
    return page.render("cancel_campaign.html", **values)


async def cancel_campaign(page: Page) -> Response:
    """Cancel the messages of a campaign that are not sent yet."""
    name = page.text("name")
    try:
        cancel = partial(page.services.client.cancel_group, name, owner=page.sees)
        counts = await page.run_audited(AuditAction.CANCEL_GROUP, cancel, group=name)
    except InvalidMessage:
        raise HTTPException(HTTPStatus.NOT_FOUND) from None
    facts = {"canceled": counts.canceled, "pending": counts.pending, "too_late": counts.too_late}
    page.log_change("cancel_group", group=name, **facts)
    return page.render("canceled_campaign.html", name=name, counts=counts)


VIEWS = (
    View("/message/cancel", preview_message, Right.CANCEL),
    View("/message/cancel", cancel_message, Right.CANCEL, method="POST"),
    View("/campaign/cancel", preview_campaign, Right.CANCEL),
    View("/campaign/cancel", cancel_campaign, Right.CANCEL, method="POST"),
)
