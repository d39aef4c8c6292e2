"""Show and control campaigns: calls of the client, with its errors as problems."""

from collections.abc import Callable
from datetime import timedelta

from zettai.campaigns import CampaignStatus
from zettai.client import SmsClient
from zettai.core.errors import InvalidMessage, UrgentCampaign
from zettai.core.invalid_reasons import InvalidReason, InvalidValue
from zettai.gateway.campaign_inputs import CampaignInput
from zettai.gateway.problems import Problem, ProblemType, invalid_values

_FIELDS = {"over": "over_seconds"}
"""The arguments of `Campaigns.set` that have another name in the body."""


def list_campaigns(client: SmsClient, owner: str | None) -> list[CampaignStatus]:
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


def control_campaign(client: SmsClient, name: str, given: CampaignInput, owner: str | None) -> CampaignStatus:
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
