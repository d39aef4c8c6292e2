"""The command `list`."""

from itertools import islice

from zettai import Settings
from zettai_cli.messages.filters import filters
from zettai_cli.messages.selection import Selection, select
from zettai_cli.messages.views import messages_view
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.option_groups import with_options
from zettai_cli.shared.options import AsJson, Limit
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import nothing_found, open_stores


@with_options(selection=filters)
def list_messages(
    *,
    selection: Selection,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> ExitCode:
    """List messages, newest first within a state or a group.

    With --json the command prints one JSON document for each message.
    """
    output = Output(as_json=as_json)
    with open_stores(account=selection.account) as stores:
        messages = islice(select(stores, selection, newest_first=True), limit)
        if as_json:
            for message in messages:
                output.json_line(message.to_dict())
        else:
            found = list(messages)
            output.text(messages_view(found) if found else nothing_found(Settings.load()))
    return ExitCode.OK
