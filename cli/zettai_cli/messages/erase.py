"""The command `erase`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from zettai import SmsClient
from zettai.core.store import WorkerStore
from zettai.core.store.audit import AuditAction
from zettai.core.store.scripts import CANCELABLE
from zettai_cli.messages.numbers import normal_number, tags_of
from zettai_cli.shared.audit import audit
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, Number, Yes
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import open_store


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be erased.

    Attributes:
        tags: of all records of the number.
        open_tags: of the messages that can still be canceled.
        sent: how many were sent and have no final state yet.
        damaged: how many records are damaged. They are not erased.
    """

    tags: Sequence[str]
    open_tags: Sequence[str]
    sent: int
    damaged: int

    def to_dict(self) -> dict[str, int]:
        """Return the values for JSON."""
        final = len(self.tags) - len(self.open_tags) - self.sent - self.damaged
        return {"final": final, "canceled_first": len(self.open_tags), "sent": self.sent, "damaged": self.damaged}


def erase(
    number: Number,
    *,
    by_index: Annotated[
        bool, typer.Option("--by-index", help="Look only into the index by number, in place of reading all records.")
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> ExitCode:
    """Erase a person: the number, texts and metadata of all messages to a number. Shows a preview and asks first.

    Tags and states stay, so that nothing is sent twice. Messages that are not sent yet are canceled first. A message
    without a final state is erased when it reaches one; then the exit code is 5, and you can run the command again.
    """
    output, normal = Output(as_json=as_json), normal_number(number)
    with SmsClient.from_env() as client, open_store() as store:
        preview = _preview(store, list(tags_of(store, normal, scan=not by_index)))
        output.text(_preview_text(preview))
        if not preview.tags:
            if as_json:
                output.json_line({**preview.to_dict(), "erased": 0, "pending": 0})
            return ExitCode.NO
        if not yes:
            if as_json:
                output.json_line({**preview.to_dict(), "erased": None, "pending": None})
                return ExitCode.OK
            typer.confirm(
                say("Erase {count:,} messages? This cannot be undone.", count=len(preview.tags)), abort=True, err=True
            )
        audit(AuditAction.ERASE, store, messages=len(preview.tags))
        # First all are marked, so that each one is erased in the step that ends it, also if this command is killed.
        store.erase(preview.tags)
        for tag in preview.open_tags:
            client.cancel(tag)
        outcomes = Counter("erased" if one is not None and one.erased else "pending" for one in store.get(preview.tags))
    counts = {"erased": outcomes["erased"], "pending": outcomes["pending"] - preview.damaged}
    output.show({**preview.to_dict(), **counts}, _totals_text(counts, preview))
    if preview.damaged:
        return ExitCode.NO
    return ExitCode.PENDING if counts["pending"] else ExitCode.OK


def _preview(store: WorkerStore, tags: Sequence[str]) -> Preview:
    messages = store.get(tags)
    found = [message for message in messages if message is not None]
    open_tags = [message.client_tag for message in found if message.state in CANCELABLE]
    ended = sum(message.state.is_final for message in found)
    return Preview(tags, open_tags, len(found) - len(open_tags) - ended, len(messages) - len(found))


def _preview_text(preview: Preview) -> str:
    if not preview.tags:
        return say("no message to this number was found")
    counts = preview.to_dict()
    lines = {
        say("are erased now"): counts["final"],
        say("are not sent yet: they are canceled, then erased"): counts["canceled_first"],
        say("are sent: they are erased when their final status is known"): counts["sent"],
        say("are damaged and stay: see docs/runbook.md, 'ZettaiRecordsDamaged'"): counts["damaged"],
    }
    return "\n".join(f"  {count:>7,} {what}" for what, count in lines.items() if count)


def _totals_text(counts: dict[str, int], preview: Preview) -> str:
    parts = [say("{erased:,} erased", erased=counts["erased"])]
    if counts["pending"]:
        parts.append(say("{pending:,} are erased when they reach a final state", pending=counts["pending"]))
    if preview.damaged:
        parts.append(say("damaged records that stay: {damaged:,}", damaged=preview.damaged))
    return ", ".join(parts)
