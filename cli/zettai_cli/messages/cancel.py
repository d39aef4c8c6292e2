"""The command `cancel`."""

from datetime import timedelta

from zettai import CancelOutcome, SmsClient, State
from zettai.core.store.audit import AuditAction
from zettai.core.store.scripts import CANCELABLE
from zettai_cli.messages.waiting import wait_for_final_state
from zettai_cli.shared.audit import audit
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, ClientTag, Wait
from zettai_cli.shared.output import Output

_TEXTS = {
    CancelOutcome.CANCELED: say("canceled; it was not sent and will not be sent"),
    CancelOutcome.PENDING: say("pending; the worker asks the provider to cancel it, see zettai status"),
    CancelOutcome.TOO_LATE: say("too late; it was sent, or it is in another final state"),
    CancelOutcome.NOT_FOUND: say("not found"),
}

_EXIT_CODES = {CancelOutcome.CANCELED: ExitCode.OK, CancelOutcome.PENDING: ExitCode.PENDING}
"""All other outcomes mean `ExitCode.NO`."""


def cancel(tag: ClientTag, *, wait: Wait = None, as_json: AsJson = False) -> ExitCode:
    """Cancel one message, unless it is already sent."""
    audit(AuditAction.CANCEL, client_tag=tag)
    with SmsClient.from_env() as client:
        outcome = client.cancel(tag)
        if outcome is CancelOutcome.PENDING and wait is not None:
            outcome = _wait(client, tag, wait)
    Output(as_json=as_json).show({"client_tag": tag, "outcome": outcome}, f"{tag}: {_TEXTS[outcome]}")
    return _EXIT_CODES.get(outcome, ExitCode.NO)


def outcome_of(state: State) -> CancelOutcome:
    """Return the outcome of an earlier cancellation, from the state that the message is in now."""
    if state in CANCELABLE:
        return CancelOutcome.PENDING
    return CancelOutcome.CANCELED if state is State.CANCELED else CancelOutcome.TOO_LATE


def _wait(client: SmsClient, tag: str, timeout: timedelta) -> CancelOutcome:
    for message in wait_for_final_state(client, tag, timeout):
        outcome = outcome_of(message.state)
        if outcome is not CancelOutcome.PENDING:
            return outcome
    return CancelOutcome.PENDING
