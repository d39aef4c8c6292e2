"""The commands `cancel`, `cancel-group` and `cancel-all-reservations`."""

from collections import Counter
from contextlib import closing
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from zettai import CancelOutcome, GroupCancel, Lane, Settings, SmsClient, State
from zettai.core.publisher import Publisher
from zettai.core.store import MessageStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.store.scripts import CANCELABLE
from zettai.core.tasks import TaskName
from zettai.writer import cancel_many
from zettai_cli.messages.waiting import follow
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson, Output
from zettai_cli.shared.parsing import Patience

_WORDS = {
    CancelOutcome.CANCELED: "canceled; it was not sent and will not be",
    CancelOutcome.PENDING: "pending; it is canceled if the provider still can, see zettai status",
    CancelOutcome.TOO_LATE: "too late; it was sent, or has come to another end",
    CancelOutcome.NOT_FOUND: "not found",
}

_CODES = {CancelOutcome.CANCELED: ExitCode.OK, CancelOutcome.PENDING: ExitCode.PENDING}
"""All others mean no."""


def cancel(
    tag: Annotated[str, typer.Argument(metavar="TAG", help="The message's client tag.")],
    *,
    wait: Patience = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Cancel a message, if it is not too late."""
    with SmsClient.from_env() as client:
        outcome = client.cancel(tag)
        if outcome is CancelOutcome.PENDING and wait is not None:
            outcome = _await(client, tag, wait)
    Output(as_json=as_json).show({"client_tag": tag, "outcome": outcome}, f"{tag}: {_WORDS[outcome]}")
    return _CODES.get(outcome, ExitCode.NO)


def cancel_group(
    group: Annotated[str, typer.Argument(metavar="GROUP")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first. JSON without it is only a preview.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Cancel all messages of a group that are not sent yet; shows first which they are, and asks."""
    output = Output(as_json=as_json)
    with SmsClient.from_env() as client:
        states = Counter(message.state for message in client.list(group=group))
        if not states:
            raise Failure(f"no message belongs to the group {group!r}")
        preview = {"group": group, "states": dict(states), "cancelable": sum(states[state] for state in CANCELABLE)}
        output.text(_preview_text(group, states))
        if not yes:
            if as_json:
                output.line({**preview, "outcome": None})
                return ExitCode.OK
            typer.confirm(f"Cancel {preview['cancelable']} messages?", abort=True, err=True)
        outcome = client.cancel_group(group)
    output.show({**preview, "outcome": asdict(outcome)}, _sums(outcome))
    return _code_of(outcome)


def cancel_all_reservations(
    *,
    confirm: Annotated[str, typer.Option(metavar="CLIENT_ID", help="The account's client id, as confirmation.")],
    as_json: AsJson = False,
) -> ExitCode:
    """Cancel every reservation of the whole account at the provider, those made by others too."""
    outcome = cancel_reservations(Settings.load(), confirm)
    Output(as_json=as_json).show({"outcome": asdict(outcome)}, _sums(outcome))
    return _code_of(outcome)


def cancel_reservations(settings: Settings, confirm_client_id: str) -> GroupCancel:
    """Cancel the reservations of the account: those of the store one by one, the others by one call of a worker.

    Raises:
        Failure: the client id is not the one in the settings. Nothing was canceled.
    """
    if confirm_client_id != settings.client_id:
        raise Failure("--confirm is not the client id in ZETTAI_CLIENT_ID; nothing was canceled", ExitCode.USAGE)
    with connect(settings.redis_url) as redis, closing(Publisher(settings)) as publisher:
        store = MessageStore(redis, Keys(settings.key_prefix))
        counts, _ = cancel_many(store, store.tags(state=State.SCHEDULED))
        publisher.publish(TaskName.CANCEL_ALL, Lane.URGENT, confirm_client_id)
    return counts


def outcome_of(state: State) -> CancelOutcome:
    """What became of a wish to cancel a message that now stands in this state."""
    if state in CANCELABLE:
        return CancelOutcome.PENDING
    return CancelOutcome.CANCELED if state is State.CANCELED else CancelOutcome.TOO_LATE


def _await(client: SmsClient, tag: str, patience: timedelta) -> CancelOutcome:
    for message in follow(client, tag, patience):
        outcome = outcome_of(message.state)
        if outcome is not CancelOutcome.PENDING:
            return outcome
    return CancelOutcome.PENDING


def _preview_text(group: str, states: Counter[State]) -> str:
    lines = (
        f"  {count:>9,} {state:<16} {'can be canceled' if state in CANCELABLE else 'too late'}"
        for state, count in sorted(states.items(), key=lambda item: list(State).index(item[0]))
    )
    return "\n".join((f"group {group}:", *lines))


def _sums(outcome: GroupCancel) -> str:
    return f"{outcome.canceled:,} canceled, {outcome.pending:,} pending, {outcome.too_late:,} too late"


def _code_of(outcome: GroupCancel) -> ExitCode:
    return ExitCode.PENDING if outcome.pending else ExitCode.OK
