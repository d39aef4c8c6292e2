"""The command `find`."""

from itertools import islice
from typing import Annotated

import typer

from zettai.core.store.audit import AuditAction
from zettai_cli.messages.numbers import normal_number
from zettai_cli.messages.views import messages_view
from zettai_cli.shared.audit import audit
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, Limit, Number
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import open_store


def find(
    number: Number,
    *,
    scan: Annotated[
        bool, typer.Option("--scan", help="Read all records: slow, and also finds messages that are not in the index.")
    ] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> ExitCode:
    """Find the messages to a phone number, newest first. It needs ZETTAI_INDEX_KEY, or --scan.

    The index has the messages that were recorded with the key. The exit code is 1 if there are none.
    With --json the command prints one JSON document for each message.
    """
    output, normal = Output(as_json=as_json), normal_number(number)
    with open_store() as store:
        tags = store.tags_of_number(normal, by_index=not scan)
        audit(AuditAction.FIND_NUMBER, store)
        messages = list(islice(store.messages(tags), limit))
    if as_json:
        for message in messages:
            output.json_line(message.to_dict())
    else:
        output.text(messages_view(messages) if messages else say("no message to this number was found"))
    return ExitCode.OK if messages else ExitCode.NO
