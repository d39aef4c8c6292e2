"""The `zettai` command. This module only starts it; `app.py` knows the commands, each other module is one noun.

app          the commands by name
exits        exit codes, and which error leads to which
output       JSON or text for people: the one place that prints
values       how words of the command line become values
views        how messages look to people
waiting      following a message to its end
messages     send, status, list
selection    which messages: the filters of list and export
exports      export
report       report
percentiles  of durations
cells        cells of CSV that no spreadsheet calculates
texts        check-text
rows         a line of a CSV file as a message
campaigns    send-csv
preflight    what its rows would come to: a dry run without Redis
dry_runs     how that is told
cancels      cancel, cancel-group, cancel-all-reservations
dead_letters dead-letters, requeue
letters      which of them may be sent again: pure decisions
reconcile    reconcile
rate         limiter show, set, pause, resume
processes    worker, simulate
receiver     receive-reports
exporter     exporter
top          top
drawing      small pictures out of characters
checks       what doctor judges: pure decisions
probes       what doctor looks at
doctor       doctor
demo         demo
"""

import sys
from importlib.util import find_spec

import structlog


def main() -> None:
    """Run the command line; without the extra that it needs, say so in one line."""
    if not (find_spec("typer") and find_spec("limits")):
        sys.exit("zettai: the command needs more than producers do; pip install 'zettai-sms[worker]'")
    # What a command answers goes to stdout, and nothing else does.
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    from zettai_cli.app import app  # noqa: PLC0415 - it cannot be imported before it is known to be there

    app()
