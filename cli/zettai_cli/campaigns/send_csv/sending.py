"""Sends the rows of a file, and prints what became of them."""

from collections.abc import Callable, Iterable
from pathlib import Path

from zettai import SmsClient
from zettai.campaign_files.columns import Columns
from zettai.campaign_files.row_results import Outcome, Results, record_rows
from zettai.campaign_files.rows import Row
from zettai.campaign_files.runs import Runs
from zettai_cli.campaigns.send_csv.result_file import result_file
from zettai_cli.shared.language import is_japanese, say
from zettai_cli.shared.output import Output
from zettai_cli.shared.store import open_store
from zettai_cli.shared.tables import columns as table_of


def send_rows(
    rows: Iterable[Row],
    columns: Columns,
    results: Results,
    output: Output,
    *,
    result: Path | None,
    begin: Callable[[], None] | None = None,
) -> None:
    """Record the rows, and print and write their results.

    Args:
        rows: of the file.
        columns: of the file.
        results: counts the results.
        output: prints them.
        result: the result file.
        begin: called when nothing but Redis can hinder the first row.
    """
    with SmsClient.from_env() as client, open_store() as store, result_file(result) as write:
        if begin is not None:
            begin()
        with Runs(store.redis, store.keys).counting(results.counts):
            for one in record_rows(client, rows, columns):
                results.add(one)
                write(one)
                if output.as_json:
                    output.json_line(one.to_dict())
    output.show({"total": results.to_dict()}, _totals_text(results))
    _print_problems(results, output)


def _totals_text(results: Results) -> str:
    repeated = results.counts[Outcome.REPEATED]
    before = say("{repeated:,} recorded before and not sent again, ", repeated=repeated) if repeated else ""
    suppressed = results.counts[Outcome.SUPPRESSED]
    canceled = (
        say("{suppressed:,} canceled because their numbers are suppressed, ", suppressed=suppressed)
        if suppressed
        else ""
    )
    return say(
        "{count:,} recorded, {before}{canceled}{bad:,} bad",
        count=results.counts[Outcome.RECORDED],
        before=before,
        canceled=canceled,
        bad=results.bad,
    )


def _print_problems(results: Results, output: Output) -> None:
    if results.problems:
        table = table_of("row", "problem", numbers={"row"})
        for problem in results.problems:
            table.add_row(str(problem.number), problem.reason_ja if is_japanese() else problem.reason)
        output.text(table)
    if results.bad > len(results.problems):
        output.text(
            say("… and {count:,} more; use --result or --json to list all", count=results.bad - len(results.problems))
        )
