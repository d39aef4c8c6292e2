"""The commands `dead-letters` and `requeue`: messages that ended without being delivered, and sending them again."""

import csv
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from zettai import LedgerUnavailable, Message, Settings, SmsClient, State, ZettaiError
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_cli.messages.requeue_rules import DEAD, Letter, letter_of, next_tag
from zettai_cli.messages.views import listing_view
from zettai_cli.shared.csv_cells import cell
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.output import AsJson, Output
from zettai_cli.shared.parsing import duration, moment, text_or_stdin

COLUMNS = ("client_tag", "to", "lane", "state", "since", "reason", "group", "carrier", "requeued_as")

SHOWN = 50
"""Letters of a preview that people get to see; JSON has them all."""

Since = Annotated[
    datetime | None, typer.Option(parser=moment, metavar="TIME", help="Only those that ended at or after this time.")
]


def dead_letters(
    *,
    state: Annotated[State | None, typer.Option(help="Only those in this state.")] = None,
    group: Annotated[str | None, typer.Option(help="Only those of this group.")] = None,
    since: Since = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many at most.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, with a header.")] = False,
    with_numbers: Annotated[bool, typer.Option("--with-numbers", help="Print phone numbers in full.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """List what ended as failed, rejected, expired or delivery_unknown, newest first within a state."""
    if as_csv and as_json:
        raise typer.BadParameter("give either --csv or --json")
    if with_numbers and not (as_csv or as_json):
        raise typer.BadParameter("--with-numbers goes with --csv or --json")
    with SmsClient.from_env() as client:
        found = islice(_dead(client, _states(state), group, since), limit)
        if as_csv:
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(COLUMNS)
            for message in found:
                shown = _shown(message, with_numbers=with_numbers)
                writer.writerow([cell(shown[name]) for name in COLUMNS])
        elif as_json:
            for message in found:
                Output(as_json=True).line(_shown(message, with_numbers=with_numbers))
        else:
            Output(as_json=False).text(listing_view(found))
    return ExitCode.OK


def requeue(
    tags: Annotated[list[str] | None, typer.Argument(metavar="[TAG]...", help="The messages' client tags.")] = None,
    *,
    group: Annotated[str | None, typer.Option(help="All dead letters of this group.")] = None,
    state: Annotated[State | None, typer.Option(help="All dead letters in this state.")] = None,
    since: Since = None,
    body: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The text for all of them, or - to read it from stdin.")
    ] = None,
    bodies: Annotated[
        Path | None,
        typer.Option(metavar="FILE", exists=True, dir_okay=False, help="CSV with the columns client_tag and body."),
    ] = None,
    expires_in: Annotated[
        timedelta | None, typer.Option(parser=duration, metavar="SECONDS", help="Not to be sent later than this.")
    ] = None,
    may_send_twice: Annotated[
        bool, typer.Option("--may-send-twice", help="Also what the recipient may have already.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first. JSON without it is only a preview.")] = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Send dead letters again, each once and under a new tag; shows first which they are, and asks.

    Texts are erased when a message ends, so they must be given again.
    """
    if bool(tags) is (group is not None or state is not None):
        raise typer.BadParameter("give either tags, or --group and --state")
    if (body is None) is (bodies is None):
        raise typer.BadParameter("give either --body or --bodies: the texts were erased when the messages ended")
    text = None if body is None else text_or_stdin(body)
    texts = {} if bodies is None else _read_bodies(bodies)
    output = Output(as_json=as_json)
    with SmsClient.from_env() as client, _store() as store:
        messages = _named(client, tags) if tags else _dead(client, _states(state), group, since)
        letters = [
            letter_of(message, text or texts.get(message.client_tag), may_send_twice=may_send_twice)
            for message in messages
        ]
        good = [letter for letter in letters if letter.problem is None]
        output.text(_preview(letters))
        if not yes and as_json:
            for letter in letters:
                output.line(letter.to_dict())
            return ExitCode.OK
        if good and not yes:
            typer.confirm(f"Send {len(good)} messages again?", abort=True, err=True)
        failed = 0
        for letter in letters:
            problem = letter.problem or _send(client, store, letter, expires_in, may_send_twice=may_send_twice)
            failed += problem is not None
            if as_json:
                output.line({**letter.to_dict(), "ok": problem is None, "problem": problem})
            if problem is not None and letter.problem is None:
                output.text(f"{letter.message.client_tag}: {problem}")
    output.text(f"{len(letters) - failed:,} sent again; {failed:,} not")
    return ExitCode.NO if failed or not letters else ExitCode.OK


def _send(
    client: SmsClient, store: WorkerStore, letter: Letter, expires_in: timedelta | None, *, may_send_twice: bool
) -> str | None:
    """Record the new message, then tie both together; the new tag follows from the old one, so that once is once."""
    message = client.get(letter.message.client_tag)
    if message is None:
        return "is forgotten by now"
    # The operator may have taken long to say yes, and it may have arrived meanwhile.
    now = letter_of(message, letter.body, may_send_twice=may_send_twice)
    if now.problem is not None:
        return now.problem
    try:
        client.send(**now.keywords(store.now()), expires_in=expires_in)
    except LedgerUnavailable:
        raise
    except ZettaiError as error:
        return str(error)
    store.link_requeued(message.client_tag, next_tag(message.client_tag))
    return None


def _states(state: State | None) -> tuple[State, ...]:
    if state is None:
        return DEAD
    if state not in DEAD:
        raise typer.BadParameter(f"{state} is no dead letter's state; they are {', '.join(DEAD)}")
    return (state,)


def _dead(client: SmsClient, states: tuple[State, ...], group: str | None, since: datetime | None) -> Iterator[Message]:
    """Dead letters, newest first within a state."""
    for state in states:
        for message in client.list(state=state):
            if since is not None and message.since < since:
                break
            if group in {None, message.group}:
                yield message


def _named(client: SmsClient, tags: list[str]) -> Iterator[Message]:
    for tag in tags:
        message = client.get(tag)
        if message is None:
            raise Failure(f"no message has the tag {tag!r}; nothing was sent")
        yield message


@contextmanager
def _store() -> Iterator[WorkerStore]:
    settings = Settings.load()
    with connect(settings.redis_url) as redis:
        yield WorkerStore(redis, Keys(settings.key_prefix))


def _read_bodies(file: Path) -> Mapping[str, str]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            if not {"client_tag", "body"} <= set(reader.fieldnames or ()):
                raise typer.BadParameter("the first line must name the columns client_tag and body")
            return {row["client_tag"].strip(): row["body"] for row in reader if row["client_tag"] and row["body"]}
    except (csv.Error, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{file.name} is no CSV in UTF-8 ({type(error).__name__})") from None


def _shown(message: Message, *, with_numbers: bool) -> dict[str, Any]:
    return message.to_dict() | ({"to": message.to} if with_numbers else {})


def _preview(letters: list[Letter]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("tag", "to", "state", "reason", "new tag"):
        table.add_column(name, overflow="fold")
    for letter in letters[:SHOWN]:
        message = letter.message
        last = letter.problem or next_tag(message.client_tag)
        table.add_row(message.client_tag, message.to_dict()["to"], message.state, message.reason, last)
    if len(letters) > SHOWN:
        table.add_row("…", f"and {len(letters) - SHOWN:,} more")
    return table
