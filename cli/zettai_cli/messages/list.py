"""The command `list`."""

from itertools import islice

from zettai import Settings
from zettai_cli.messages.selection import Selection, select
from zettai_cli.messages.views import messages_view
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.options import (
    AccountFilter,
    AsJson,
    CarrierFilter,
    GroupFilter,
    LaneFilter,
    Limit,
    MetadataFilter,
    Overdue,
    SenderFilter,
    Since,
    StateFilter,
    Until,
)
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import metadata_pairs
from zettai_cli.shared.store import nothing_found, open_stores


def list_messages(
    *,
    state: StateFilter = None,
    group: GroupFilter = None,
    lane: LaneFilter = None,
    carrier: CarrierFilter = None,
    sender: SenderFilter = None,
    account: AccountFilter = None,
    metadata: MetadataFilter = None,
    since: Since = None,
    until: Until = None,
    overdue: Overdue = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> ExitCode:
    """List messages, newest first within a state or a group.

    With --json the command prints one JSON document for each message.
    """
    output = Output(as_json=as_json)
    selection = Selection(
        states=tuple(state or ()),
        group=group,
        lane=lane,
        carrier=carrier,
        sender=sender,
        account=account,
        metadata=metadata_pairs(metadata or ()),
        since=since,
        until=until,
        overdue=overdue,
    )
    with open_stores(account=account) as stores:
        messages = islice(select(stores, selection, newest_first=True), limit)
        if as_json:
            for message in messages:
                output.json_line(message.to_dict())
        else:
            found = list(messages)
            output.text(messages_view(found) if found else nothing_found(Settings.load()))
    return ExitCode.OK
