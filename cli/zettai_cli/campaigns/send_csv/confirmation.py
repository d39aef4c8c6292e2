"""Asks before a file is sent again."""

from pathlib import Path

from zettai.campaign_files.runs import Runs
from zettai_cli.messages.views import time_text
from zettai_cli.shared.confirm import confirm
from zettai_cli.shared.exits import Failure
from zettai_cli.shared.language import say
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import open_store


def confirm_run(file: Path, tag_prefix: str, output: Output, *, yes: bool) -> None:
    """Ask before a file is sent again.

    Args:
        file: the file.
        tag_prefix: the prefix that belongs to its content.
        output: with JSON, nothing can be asked.
        yes: whether the user has confirmed.

    Raises:
        Failure: the file has changed since it was sent, or a program runs the command without `yes`.
        LedgerUnavailable: Redis did not answer.
        Abort: the user says no.
    """
    with open_store() as store:
        earlier = Runs(store.redis, store.keys).latest(file, tag_prefix)
    if earlier is None:
        return
    if earlier.tag_prefix != tag_prefix:
        raise Failure(
            say(
                "{name} was sent at {time} and has changed since, or its text has; nothing was sent. If you corrected "
                "some rows in their places, give --tag-prefix {tag_prefix}: the others are not sent again. If this "
                "is a new campaign, give another --tag-prefix",
                name=file.name,
                time=time_text(earlier.at),
                tag_prefix=earlier.tag_prefix,
            )
        )
    if not yes:
        known = say(
            "{name} was sent before, at {time}. A row that was recorded then",
            name=file.name,
            time=time_text(earlier.at),
        )
        if output.as_json:
            raise Failure(
                say("{known} would not be sent again; nothing was sent; give --yes to send the others", known=known)
            )
        confirm(say("{known} is not sent again. Send the others? (--yes does not ask)", known=known))


def remember_run(file: Path, tag_prefix: str) -> None:
    """Remember that a file is sent now.

    Raises:
        LedgerUnavailable: Redis did not answer.
    """
    with open_store() as store:
        Runs(store.redis, store.keys).record(file, tag_prefix)
