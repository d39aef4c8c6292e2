"""What `send-csv` says when it stops before the last row."""

from collections.abc import Iterator
from contextlib import contextmanager

from zettai import LedgerUnavailable
from zettai.campaign_files.dry_run import Totals
from zettai.campaign_files.row_results import Results
from zettai.campaign_files.tables.table import UnreadableFile
from zettai_cli.shared.exits import ExitCode, Failure
from zettai_cli.shared.known_texts import translate
from zettai_cli.shared.language import say


@contextmanager
def say_where_it_stopped(results: Results | Totals, tag_prefix: str) -> Iterator[None]:
    """Fail with a text that says which rows are done. With the same tags they are not sent twice."""
    try:
        yield
    except UnreadableFile as error:
        raise Failure(_stopped_text(results, translate(str(error)), tag_prefix)) from None
    except LedgerUnavailable:
        text = _stopped_text(results, say("Redis does not answer"), tag_prefix)
        raise Failure(text, ExitCode.UNAVAILABLE) from None
    except KeyboardInterrupt:
        raise Failure(_stopped_text(results, say("interrupted"), tag_prefix), ExitCode.INTERRUPTED) from None


def _stopped_text(results: Results | Totals, reason: str, tag_prefix: str) -> str:
    if isinstance(results, Totals):
        return say("stopped after row {last_row}: {reason}", last_row=results.last_row, reason=reason)
    recorded = sum(results.counts.values()) - results.bad
    return say(
        "stopped after row {last_row}, at least {recorded:,} messages are recorded: {reason}; then run it again with "
        "--tag-prefix {tag_prefix}: no row is sent twice",
        last_row=results.last_row,
        recorded=recorded,
        reason=reason,
        tag_prefix=tag_prefix,
    )
