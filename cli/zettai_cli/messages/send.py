"""The command `send`."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from zettai import Carrier, Lane, Message, SmsClient, State
from zettai_cli.messages.views import message_view, state_text, time_text
from zettai_cli.messages.waiting import wait_for_final_state
from zettai_cli.shared.console_words import reason_text
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.options import AsJson, ExpiresIn, SendingLane, Wait
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import metadata_pairs, text_or_stdin, time_with_zone


def send(
    to: Annotated[str, typer.Argument(metavar="TO", help="Japanese mobile number: 09012345678 or +819012345678.")],
    body: Annotated[str, typer.Argument(metavar="BODY", help="1 to 660 characters, or - to read them from stdin.")],
    *,
    tag: Annotated[
        str | None,
        typer.Option(help="The client tag. A message is sent once for each tag, however often you run this."),
    ] = None,
    at: Annotated[
        datetime | None,
        typer.Option(parser=time_with_zone, metavar="TIME", help="Send at this time, such as 2026-08-01T09:00+09:00."),
    ] = None,
    expires_in: ExpiresIn = None,
    lane: SendingLane = Lane.NORMAL,
    group: Annotated[
        str | None, typer.Option(help="A group of messages that you can list, cancel and report together.")
    ] = None,
    carrier: Annotated[Carrier | None, typer.Option(help="The carrier of the recipient, if you know it.")] = None,
    sender: Annotated[str | None, typer.Option(help="The sender code, one of ZETTAI_SENDERS.")] = None,
    account: Annotated[
        str | None,
        typer.Option(help="The account, one of ZETTAI_ACCOUNTS_FILE or default. By default that of the sender code."),
    ] = None,
    metadata: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="A pair that is kept with the message. You can give it several times."),
    ] = None,
    category: Annotated[
        str | None, typer.Option(help="What the message is about, such as transactional: see zettai suppressions.")
    ] = None,
    wait: Wait = None,
    as_json: AsJson = False,
) -> ExitCode:
    """Send one SMS. The command records the message in Redis, and a worker sends it."""
    output = Output(as_json=as_json)
    with SmsClient.from_env() as client:
        message = client.send(
            to,
            text_or_stdin(body),
            client_tag=tag,
            send_at=at,
            expires_in=expires_in,
            lane=lane,
            group=group,
            carrier=carrier,
            sender=sender,
            account=account,
            metadata=metadata_pairs(metadata or ()),
            category=category,
        )
        if wait is None:
            output.show(message.to_dict(with_metadata=True), message_view(message))
            return ExitCode.OK
        message = _wait(client, message, wait, output)
    return _exit_code(message)


def _wait(client: SmsClient, message: Message, timeout: timedelta, output: Output) -> Message:
    """Print each state change until the final state or the timeout, then the message. Return the message."""
    printed = 0
    for latest in wait_for_final_state(client, message.client_tag, timeout):
        message = latest
        for event in message.history[printed:]:
            output.text(
                state_text(event.state).append(f"  {time_text(event.at)}  {reason_text(event.reason)}", style="default")
            )
        printed = len(message.history)
    output.show(message.to_dict(with_metadata=True), message_view(message))
    return message


def _exit_code(message: Message) -> ExitCode:
    if not message.state.is_final:
        return ExitCode.PENDING
    return ExitCode.OK if message.state is State.DELIVERED else ExitCode.NO
