"""Show and control campaigns: calls of the client, with its errors as problems."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from starlette.responses import JSONResponse, Response

from zettai.campaigns import CampaignStatus
from zettai.client import SmsClient
from zettai.core.errors import InvalidMessage, UrgentCampaign
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.core.store.audit import AuditAction
from zettai.gateway.api import ApiCall
from zettai.gateway.api_keys import Scope
from zettai.gateway.inputs.campaigns import CampaignInput
from zettai.gateway.operations.operation import GROUP, WITH_BODY, Operation
from zettai.gateway.outputs import campaigns
from zettai.gateway.problems import Problem, ProblemType, invalid_values

_FIELDS = {"over": "over_seconds"}
"""The arguments of `Campaigns.set` that have another name in the body."""


async def list_campaigns(call: ApiCall) -> Response:
    """Return all campaigns that the key sees."""
    found = await call.run(lambda: _list(call.api.client, call.key.sees_of_all_accounts))
    return JSONResponse({"campaigns": [one.to_dict() for one in found]})


async def get_campaign(call: ApiCall) -> Response:
    """Return a campaign."""
    owner = call.key.sees_of_all_accounts
    found = await call.run(lambda: show_campaign(call.api.client, call.name, owner))
    return JSONResponse(found.to_dict())


async def control_campaign(call: ApiCall) -> Response:
    """Pause, resume or pace a campaign."""
    given = await call.read(CampaignInput)
    act = partial(_control, call.api.client, call.name, given, call.key.sees_of_all_accounts)
    changed = await call.run_audited(AuditAction.CONTROL_CAMPAIGN, act, group=call.name)
    return JSONResponse(changed.to_dict())


def _list(client: SmsClient, owner: str | None) -> list[CampaignStatus]:
    """Return all campaigns, or with an owner those that belong to it alone."""
    found = client.campaigns.list()
    return [one for one in found if owner is None or client.campaigns.belongs_to(one.name, owner)]


def show_campaign(client: SmsClient, name: str, owner: str | None) -> CampaignStatus:
    """Return a campaign.

    Raises:
        Problem: no group can have this name, or it does not belong to the owner alone.
    """
    status = _checked(lambda: client.campaigns.show(name))
    if owner is not None and not client.campaigns.belongs_to(name, owner):
        raise Problem(ProblemType.NOT_FOUND, "No open campaign of yours has this name.")
    return status


def _control(client: SmsClient, name: str, given: CampaignInput, owner: str | None) -> CampaignStatus:
    """Change a campaign, and return it.

    Raises:
        Problem: the change is not valid, the group has urgent messages, or it does not belong to the owner alone.
    """
    if given.paused is None and given.limits is None:
        nothing = InvalidMessage("paused", InvalidValue(InvalidReason.REQUIRED))
        raise invalid_values(("#/paused", nothing))
    status = show_campaign(client, name, owner)
    # The limits first: a wrong one changes nothing, and a campaign that is resumed has them from its first message on.
    if (limits := given.limits) is not None:
        over = None if limits.over_seconds is None else timedelta(seconds=limits.over_seconds)
        status = _checked(
            lambda: client.campaigns.set(
                name,
                rate=limits.rate,
                over=over,
                between=limits.between,
                days=limits.days,
                holidays=limits.holidays,
            )
        )
    if given.paused is not None:
        status = _checked(lambda: _pause_or_resume(client, name, given))
    return status


def _pause_or_resume(client: SmsClient, name: str, given: CampaignInput) -> CampaignStatus:
    if given.paused:
        return client.campaigns.pause(name, reservations=given.reservations)
    return client.campaigns.resume(name)


def _checked(call: Callable[[], CampaignStatus]) -> CampaignStatus:
    try:
        return call()
    except UrgentCampaign as error:
        raise Problem(ProblemType.URGENT_CAMPAIGN, str(error)) from None
    except InvalidMessage as error:
        if error.field == "name":
            raise Problem(ProblemType.NOT_FOUND, "No group can have this name.") from None
        raise invalid_values((f"#/limits/{_FIELDS.get(error.field, error.field)}", error)) from None


OPERATIONS = (
    Operation(
        "list_campaigns",
        "GET",
        "/v1/campaigns",
        Scope.READ,
        list_campaigns,
        "List campaigns",
        "Returns the groups that have messages without a final state, and those that are controlled, by name.",
        {200: (campaigns.Campaigns, "The campaigns.")},
    ),
    Operation(
        "get_campaign",
        "GET",
        "/v1/campaigns/{name}",
        Scope.READ,
        get_campaign,
        "Get a campaign",
        "Returns how far the messages of a group are, what waits and why, and when the last one is expected to be "
        "sent. A group without messages has zeros.",
        {200: (campaigns.Campaign, "The campaign.")},
        (ProblemType.NOT_FOUND,),
        named=GROUP,
    ),
    Operation(
        "control_campaign",
        "PATCH",
        "/v1/campaigns/{name}",
        Scope.CANCEL,
        control_campaign,
        "Pause, resume or pace a campaign",
        "Changes how the messages of a group are sent, in the lanes `normal` and `bulk`. After a pause, no worker "
        "begins to send one of them; messages in flight may still be sent. The response says how many will expire.",
        {200: (campaigns.Campaign, "The campaign after the change.")},
        (*WITH_BODY, ProblemType.NOT_FOUND, ProblemType.URGENT_CAMPAIGN),
        (CampaignInput,),
        named=GROUP,
    ),
)
