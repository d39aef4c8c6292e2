"""The command `dead-letters`."""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

import typer

from zettai import Message, Settings, SmsClient, State
from zettai.core.accounts import account_label
from zettai.core.store.audit import AuditAction
from zettai.requeueing import DEAD_LETTER_STATES
from zettai_cli.messages.csv_rows import write_messages
from zettai_cli.messages.views import exported_values, messages_view
from zettai_cli.shared.audit import audit
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import (
    AccountFilter,
    AsCsv,
    AsJson,
    DeadLetterState,
    GroupFilter,
    Limit,
    Since,
    WithNumbers,
)
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import nothing_found

COLUMNS = (
    "client_tag",
    "to",
    "lane",
    "state",
    "since",
    "reason",
    "group",
    "carrier",
    "sender",
    "account",
    "requeued_as",
)


def dead_letters(
    *,
    state: DeadLetterState = None,
    group: GroupFilter = None,
    since: Since = None,
    account: AccountFilter = None,
    limit: Limit = None,
    as_csv: AsCsv = False,
    with_numbers: WithNumbers = False,
    as_json: AsJson = False,
) -> ExitCode:
    """List dead letters, newest first within a state: failed, rejected, expired and delivery_unknown messages."""
    if as_csv and as_json:
        raise typer.BadParameter(say("give either --csv or --json"))
    if with_numbers and not (as_csv or as_json):
        raise typer.BadParameter(say("--with-numbers needs --csv or --json"))
    if with_numbers:
        audit(AuditAction.EXPORT_NUMBERS, command="dead-letters", group=group)
    with SmsClient.from_env() as client:
        letters = find_dead_letters(client, state, group, since)
        found = islice((one for one in letters if account in {None, account_label(one.account)}), limit)
        if as_csv:
            write_messages(sys.stdout, COLUMNS, found, with_numbers=with_numbers)
        elif as_json:
            for message in found:
                Output(as_json=True).json_line(exported_values(message, with_numbers=with_numbers))
        else:
            listed = list(found)
            Output(as_json=False).text(messages_view(listed) if listed else nothing_found(Settings.load()))
    return ExitCode.OK


def find_dead_letters(
    client: SmsClient, state: State | None, group: str | None, since: datetime | None
) -> Iterator[Message]:
    """Yield dead letters, newest first within a state.

    Raises:
        typer.BadParameter: the state is not a state of dead letters.
    """
    if state is not None and state not in DEAD_LETTER_STATES:
        raise typer.BadParameter(
            say(
                "{state} is not a state of dead letters; give one of {listed}",
                state=state,
                listed=", ".join(DEAD_LETTER_STATES),
            )
        )
    return _find(client, DEAD_LETTER_STATES if state is None else (state,), group, since)


def find_undelivered(client: SmsClient, group: str | None, since: datetime | None) -> Iterator[Message]:
    """Yield undelivered messages, newest first."""
    return _find(client, [State.UNDELIVERED], group, since)


def _find(client: SmsClient, states: Iterable[State], group: str | None, since: datetime | None) -> Iterator[Message]:
    """Yield the messages of states, newest first within a state."""
    for one in states:
        for message in client.list(state=one):
            if since is not None and message.since < since:
                break
            if group in {None, message.group}:
                yield message
