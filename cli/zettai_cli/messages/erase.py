"""The command `erase`."""

from typing import Annotated

import typer

from zettai import Erasure, ErasurePreview, SmsClient
from zettai.core.store.audit import AuditAction
from zettai_cli.messages.numbers import normal_number
from zettai_cli.shared.audit import audit
from zettai_cli.shared.confirm import confirm
from zettai_cli.shared.exits import ExitCode
from zettai_cli.shared.language import say
from zettai_cli.shared.options import AsJson, Number, Yes
from zettai_cli.shared.output import Output


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
    with SmsClient.from_env() as client:
        preview = client.preview_erasure(normal, by_index=by_index)
        output.text(_preview_text(preview))
        if not preview.tags:
            if as_json:
                output.json_line({**preview.to_dict(), "erased": 0, "pending": 0})
            return ExitCode.NO
        if not yes:
            if as_json:
                output.json_line({**preview.to_dict(), "erased": None, "pending": None})
                return ExitCode.OK
            confirm(say("Erase {count:,} messages? This cannot be undone.", count=len(preview.tags)))
        audit(AuditAction.ERASE, messages=len(preview.tags))
        result = client.erase(preview)
    output.show({**preview.to_dict(), "erased": result.erased, "pending": result.pending}, _totals_text(result))
    if result.damaged:
        return ExitCode.NO
    return ExitCode.PENDING if result.pending else ExitCode.OK


def _preview_text(preview: ErasurePreview) -> str:
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


def _totals_text(result: Erasure) -> str:
    parts = [say("{erased:,} erased", erased=result.erased)]
    if result.pending:
        parts.append(say("{pending:,} are erased when they reach a final state", pending=result.pending))
    if result.damaged:
        parts.append(say("damaged records that stay: {damaged:,}", damaged=result.damaged))
    return ", ".join(parts)
