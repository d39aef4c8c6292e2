"""The command `status`."""

from zettai import SmsClient
from zettai_cli.messages.views import history_view
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, ClientTag
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import looked_in


def status(tag: ClientTag, *, as_json: AsJson = False) -> ExitCode:
    """Show one message with its history."""
    with SmsClient.from_env() as client:
        message = client.get(tag)
    if message is None:
        raise Failure(say("no message has the tag {tag!r}", tag=tag) + looked_in())
    Output(as_json=as_json).show(message.to_dict(with_metadata=True), history_view(message))
    return ExitCode.OK
