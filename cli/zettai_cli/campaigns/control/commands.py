"""The commands `campaign pause`, `resume`, `set`, `show` and `list`."""

from datetime import timedelta
from typing import Annotated

import typer

from zettai import CampaignStatus, SmsClient
from zettai.core.store.audit import AuditAction
from zettai_cli.campaigns.control.options import Between, Days, Name, NoHolidays, Rate
from zettai_cli.campaigns.control.view import campaign_view, campaigns_view
from zettai_cli.shared.audit import audit
from zettai_cli.shared.commands import Commands
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import duration_of_words
from zettai_cli.shared.store import looked_in

campaign = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    help="Pause, resume, pace and show a campaign: the messages of a group. Urgent messages are never controlled.",
)


@campaign.command()
def pause(
    name: Name,
    *,
    reservations: Annotated[
        bool,
        typer.Option(
            "--reservations",
            help="Also cancel the reservations at the provider. They wait here with new tags, and are reserved again "
            "after resume if their time has not passed.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Let the messages of a campaign wait.

    When the command ends, no worker begins to send one. Messages in flight may still be sent, and so may
    reservations at the provider without --reservations.
    """
    audit(AuditAction.CONTROL_CAMPAIGN, group=name, change="pause")
    with SmsClient.from_env() as client:
        return _show(client.campaigns.pause(name, reservations=reservations), as_json=as_json)


@campaign.command()
def resume(name: Name, *, as_json: AsJson = False) -> ExitCode:
    """Let a paused campaign go on, at its pace and in its window."""
    audit(AuditAction.CONTROL_CAMPAIGN, group=name, change="resume")
    with SmsClient.from_env() as client:
        return _show(client.campaigns.resume(name), as_json=as_json)


@campaign.command("set")
def set_speed(
    name: Name,
    *,
    rate: Rate = None,
    over: Annotated[
        timedelta | None,
        typer.Option(
            "--over",
            parser=duration_of_words,
            metavar="TIME",
            help="In place of a rate: spread the waiting messages over this time, such as 2h, 90min or PT2H.",
        ),
    ] = None,
    between: Between = None,
    days: Days = None,
    no_holidays: NoHolidays = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Set how fast and when a campaign is sent. What you leave out has no limit any more.

    The command shows the expected end, and how many messages would expire before their turn.
    """
    with SmsClient.from_env() as client:
        audit(AuditAction.CONTROL_CAMPAIGN, group=name, change="set")
        status = client.campaigns.set(name, rate=rate, over=over, between=between, days=days, holidays=not no_holidays)
    return _show(status, as_json=as_json)


@campaign.command()
def show(name: Name, *, as_json: AsJson = False) -> ExitCode:
    """Show how far a campaign is, what waits and why, and when it ends. The exit code is 1 if it is unknown."""
    with SmsClient.from_env() as client:
        status = client.campaigns.show(name)
    if not status.total and status.paused_at is None and status.pace is None and status.window is None:
        raise Failure(say("no message belongs to the group {name!r}", name=name) + looked_in())
    return _show(status, as_json=as_json)


@campaign.command("list")
def list_campaigns(*, as_json: AsJson = False) -> ExitCode:
    """List the campaigns that have messages without a final state, and those that are controlled."""
    with SmsClient.from_env() as client:
        found = client.campaigns.list()
    table = campaigns_view(found) if found else say("no campaign is open")
    Output(as_json=as_json).show({"campaigns": [one.to_dict() for one in found]}, table)
    return ExitCode.OK


def _show(status: CampaignStatus, *, as_json: bool) -> ExitCode:
    Output(as_json=as_json).show(status.to_dict(), campaign_view(status))
    return ExitCode.OK
