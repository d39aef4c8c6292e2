"""The command `requeue`."""

import csv
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from zettai import Message, SmsClient, State
from zettai.core.store.audit import AuditAction
from zettai.requeueing import Requeue, decide_requeue, send_again
from zettai_cli.messages.dead_letters import find_dead_letters, find_undelivered
from zettai_cli.shared.audit import audit
from zettai_cli.shared.confirm import confirm
from zettai_cli.shared.console_words import reason_text
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say
from zettai_cli.shared.listing import Listing
from zettai_cli.shared.options import AsJson, DeadLetterState, ExpiresIn, GroupFilter, Since, Yes
from zettai_cli.shared.output import Output
from zettai_cli.shared.parsing import text_or_stdin
from zettai_cli.shared.store import open_store
from zettai_cli.shared.tables import columns

PREVIEW_LENGTH = 50
"""Lines of the preview for people. JSON has all."""


def requeue(
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="[TAG]...", help="The client tags of dead letters.")
    ] = None,
    *,
    group: GroupFilter = None,
    state: DeadLetterState = None,
    since: Since = None,
    body: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The text of all messages, or - to read it from stdin.")
    ] = None,
    bodies: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", exists=True, dir_okay=False, help="A CSV file with the columns client_tag and body."
        ),
    ] = None,
    expires_in: ExpiresIn = None,
    may_send_twice: Annotated[
        bool, typer.Option("--may-send-twice", help="Also send messages that the recipient may already have.")
    ] = False,
    undelivered: Annotated[
        bool,
        typer.Option(
            "--undelivered",
            help="Send what did not arrive because of congestion, or because the phone was out of reach.",
        ),
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Send dead letters again, or undelivered messages, each once and with a new tag. Shows a preview and asks first.

    The store erases a text when the message reaches a final state, so you must give the texts again.
    """
    _check_selection(tags, group, state, undelivered=undelivered)
    if (body is None) is (bodies is None):
        raise typer.BadParameter(say("give either --body or --bodies: the store has erased the texts"))
    text = None if body is None else text_or_stdin(body)
    texts = {} if bodies is None else _read_bodies(bodies)
    output = Output(as_json=as_json)
    with SmsClient.from_env() as client, open_store() as store:
        find = find_undelivered if undelivered else partial(find_dead_letters, state=state)
        messages = _by_tag(client, tags) if tags else find(client, group=group, since=since)
        decide = partial(decide_requeue, may_send_twice=may_send_twice, undelivered=undelivered)
        requeues = [decide(message, text or texts.get(message.client_tag)) for message in messages]
        possible = sum(one.problem is None for one in requeues)
        output.text(_preview(requeues))
        if not yes and as_json:
            for one in requeues:
                output.json_line(one.to_dict())
            return ExitCode.OK
        if possible and not yes:
            confirm(say("Send {possible} messages again?", possible=possible))
        audit(AuditAction.REQUEUE, store, messages=possible)
        failed = 0
        for one in requeues:
            problem = one.problem or send_again(client, store, one, expires_in, decide).problem
            failed += problem is not None
            if as_json:
                output.json_line({**one.to_dict(), "ok": problem is None, "problem": problem})
            if problem is not None and one.problem is None:
                output.text(f"{one.message.client_tag}: {translate(problem)}")
    output.text(say("{count:,} sent again; {failed:,} not sent", count=len(requeues) - failed, failed=failed))
    return ExitCode.NO if failed or not requeues else ExitCode.OK


def _check_selection(tags: list[str] | None, group: str | None, state: State | None, *, undelivered: bool) -> None:
    if bool(tags) is (group is not None or state is not None or (undelivered and not tags)):
        raise typer.BadParameter(say("give either tags, or --group, --state or --undelivered"))
    if undelivered and state is not None:
        raise typer.BadParameter(say("--undelivered is a state of its own; leave out --state"))


def _by_tag(client: SmsClient, tags: list[str]) -> Iterator[Message]:
    for tag in tags:
        message = client.get(tag)
        if message is None:
            raise Failure(say("no message has the tag {tag!r}; nothing was sent", tag=tag))
        yield message


def _read_bodies(file: Path) -> Mapping[str, str]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            if not {"client_tag", "body"} <= set(reader.fieldnames or ()):
                raise typer.BadParameter(say("the first line must name the columns client_tag and body"))
            return {row["client_tag"].strip(): row["body"] for row in reader if row["client_tag"] and row["body"]}
    except (csv.Error, UnicodeDecodeError):
        raise typer.BadParameter(say("{name} is not CSV in UTF-8", name=file.name)) from None


def _preview(requeues: list[Requeue]) -> Listing:
    table = columns("tag", "to", "state", "reason", "new tag")
    for requeue in requeues[:PREVIEW_LENGTH]:
        message = requeue.message
        last = say("not sent: {problem}", problem=translate(requeue.problem)) if requeue.problem else requeue.new_tag
        table.add_row(message.client_tag, message.to_dict()["to"], message.state, reason_text(message.reason), last)
    if len(requeues) > PREVIEW_LENGTH:
        table.add_row("…", say("and {count:,} more", count=len(requeues) - PREVIEW_LENGTH))
    return Listing(table)
