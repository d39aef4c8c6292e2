"""The command `cancel-group`."""

from collections import Counter
from dataclasses import asdict

from zettai import GroupCancel, SmsClient, State
from zettai.core.store.audit import AuditAction
from zettai.core.store.scripts import CANCELABLE
from zettai_cli.shared.audit import audit
from zettai_cli.shared.confirm import confirm
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, Group, Yes
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import looked_in


def cancel_group(group: Group, *, yes: Yes = False, as_json: AsJson = False) -> ExitCode:
    """Cancel all messages of a group that are not sent yet. The command shows a preview and asks first."""
    output = Output(as_json=as_json)
    with SmsClient.from_env() as client:
        states = Counter(message.state for message in client.list(group=group))
        if not states:
            raise Failure(say("no message belongs to the group {group!r}", group=group) + looked_in())
        cancelable = sum(states[state] for state in CANCELABLE)
        preview = {"group": group, "states": dict(states), "cancelable": cancelable}
        output.text(_preview_text(group, states))
        if not yes:
            if as_json:
                output.json_line({**preview, "outcome": None})
                return ExitCode.OK
            confirm(say("Cancel {cancelable} messages?", cancelable=cancelable))
        audit(AuditAction.CANCEL_GROUP, group=group, messages=cancelable)
        outcome = client.cancel_group(group)
    output.show({**preview, "outcome": asdict(outcome)}, totals_text(outcome))
    return exit_code(outcome)


def totals_text(outcome: GroupCancel) -> str:
    """Return the numbers of messages by outcome as text."""
    return say(
        "{canceled:,} canceled, {pending:,} pending, {too_late:,} too late",
        canceled=outcome.canceled,
        pending=outcome.pending,
        too_late=outcome.too_late,
    )


def exit_code(outcome: GroupCancel) -> ExitCode:
    """Return `PENDING` while the outcome of a message is not known."""
    return ExitCode.PENDING if outcome.pending else ExitCode.OK


def _preview_text(group: str, states: Counter[State]) -> str:
    lines = (
        f"  {count:>9,} {state:<16} {say('can be canceled') if state in CANCELABLE else say('too late')}"
        for state, count in sorted(states.items(), key=lambda item: list(State).index(item[0]))
    )
    return "\n".join((say("group {group}:", group=group), *lines))
