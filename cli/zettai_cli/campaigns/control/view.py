"""A campaign as text for people. `CampaignStatus.to_dict` is the form for programs."""

from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.text import Text

from zettai import CampaignStatus
from zettai_cli.messages.views import state_text, time_text
from zettai_cli.shared.console_words import window_text
from zettai_cli.shared.language import say
from zettai_cli.shared.store import looked_in
from zettai_cli.shared.tables import columns, facts

NOTHING = "–"


def campaign_view(campaign: CampaignStatus) -> RenderableType:
    """Return one campaign: what waits and why, and its messages by state."""
    table = facts()
    table.add_row(say("campaign"), campaign.name)
    table.add_row(say("sending"), sending_text(campaign))
    table.add_row(say("pace"), campaign.pace or say("as fast as the limit allows"))
    table.add_row(say("window"), window_text(campaign.window) if campaign.window else say("at any time"))
    table.add_row(say("waiting"), f"{campaign.waiting:,}")
    table.add_row(say("in flight"), f"{campaign.in_flight:,}")
    if campaign.expected_end is not None:
        table.add_row(say("expected end"), say("{time}, at the earliest", time=time_text(campaign.expected_end)))
    if campaign.first_expiry is not None:
        table.add_row(say("first expiry"), time_text(campaign.first_expiry))
    if campaign.will_expire:
        table.add_row(say("will expire"), Text(expiry_text(campaign), style="bold red"))
    if not campaign.total:
        # A mistyped name looks like a campaign that begins later.
        nothing = say("no message belongs to the group {name!r}", name=campaign.name) + looked_in()
        return Group(table, Text(), Text(nothing, style="bold yellow"))
    states = columns("state", "messages", numbers={"messages"})
    for state, count in campaign.states.items():
        if count:
            states.add_row(state_text(state), f"{count:,}")
    return Group(table, Text(), states)


def campaigns_view(campaigns: Iterable[CampaignStatus]) -> RenderableType:
    """Return a table with one line for each campaign."""
    table = columns(
        "campaign", "sending", "pace", "messages", "waiting", "expected end", numbers={"messages", "waiting"}
    )
    for one in campaigns:
        table.add_row(
            one.name,
            sending_text(one),
            one.pace or NOTHING,
            f"{one.total:,}",
            f"{one.waiting:,}",
            time_text(one.expected_end) or NOTHING,
        )
    return table


def sending_text(campaign: CampaignStatus) -> Text:
    """Return whether messages are sent, or why not."""
    if campaign.paused_at is not None:
        return Text(say("paused since {time}", time=time_text(campaign.paused_at)), style="yellow")
    if campaign.opens_at is not None:
        return Text(say("waits for its window, until {time}", time=time_text(campaign.opens_at)), style="yellow")
    return Text(say("open"), style="green")


def expiry_text(campaign: CampaignStatus) -> str:
    """Return how many waiting messages expire before their turn."""
    condition = say(", even if you resume it now") if campaign.paused_at is not None else ""
    return say(
        "about {will_expire:,} of {waiting:,} waiting messages before their turn{condition}",
        will_expire=campaign.will_expire,
        waiting=campaign.waiting,
        condition=condition,
    )
