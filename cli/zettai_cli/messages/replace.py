"""The command `replace`."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from zettai import Replacement, ReplaceOutcome, SmsClient
from zettai.core.store.audit import AuditAction
from zettai_cli.messages.waiting import wait_for_final_state
from zettai_cli.shared.audit import audit
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, ClientTag, Wait
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import text_or_stdin, time_with_zone

_EXIT_CODES = {ReplaceOutcome.REPLACED: ExitCode.OK, ReplaceOutcome.PENDING: ExitCode.PENDING}
"""All other outcomes mean `ExitCode.NO`."""


def replace(
    tag: ClientTag,
    *,
    send_at: Annotated[
        datetime | None,
        typer.Option(parser=time_with_zone, metavar="TIME", help="The new time, such as 2026-08-01T09:00+09:00."),
    ] = None,
    body: Annotated[str | None, typer.Option(help="The new text, or - to read it from stdin.")] = None,
    new_tag: Annotated[str | None, typer.Option(help="The client tag of the successor.")] = None,
    wait: Wait = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Replace a message that is not sent yet by one with another time or text. Exactly one of the two is sent."""
    text = None if body is None else text_or_stdin(body)
    audit(AuditAction.REPLACE, client_tag=tag)
    with SmsClient.from_env() as client:
        replacement = client.replace(tag, send_at=send_at, body=text, client_tag=new_tag)
        if replacement.outcome is ReplaceOutcome.PENDING and wait is not None:
            replacement = _wait(client, tag, replacement, wait)
    document = {"client_tag": tag, "outcome": replacement.outcome, "replaced_by": replacement.client_tag}
    Output(as_json=as_json).show(document, f"{tag}: {_text_of(replacement)}")
    return _EXIT_CODES.get(replacement.outcome, ExitCode.NO)


def _wait(client: SmsClient, tag: str, replacement: Replacement, timeout: timedelta) -> Replacement:
    """Return the replacement as it is when the message is in its final state, or after the timeout."""
    for message in wait_for_final_state(client, tag, timeout):
        if message.replaced_by is not None:
            return Replacement(ReplaceOutcome.REPLACED, message.replaced_by)
        if not message.cancel_requested:
            return Replacement(ReplaceOutcome.TOO_LATE)
    return replacement


def _text_of(replacement: Replacement) -> str:
    match replacement.outcome:
        case ReplaceOutcome.REPLACED:
            return say(
                "replaced by {client_tag}; it was not sent and will not be sent", client_tag=replacement.client_tag
            )
        case ReplaceOutcome.PENDING:
            return say(
                "pending; {client_tag} is recorded when the provider confirms the cancel",
                client_tag=replacement.client_tag,
            )
        case ReplaceOutcome.TOO_LATE if replacement.client_tag is not None:
            return say("too late; it was replaced by {client_tag}", client_tag=replacement.client_tag)
        case ReplaceOutcome.TOO_LATE:
            return say("too late; it was sent, or it is in another final state")
    return say("not found")
