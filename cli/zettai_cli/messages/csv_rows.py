"""Messages as rows of a CSV file."""

import csv
from collections.abc import Iterable, Sequence
from typing import TextIO

from zettai import Message
from zettai_cli.messages.views import exported_values
from zettai_cli.shared.csv_cells import safe_cell


def write_messages(target: TextIO, columns: Sequence[str], messages: Iterable[Message], *, with_numbers: bool) -> int:
    """Write a header and a row for each message. Return the number of messages.

    Args:
        target: the file.
        columns: the fields of a message, with the names that they have in JSON.
        messages: the messages.
        with_numbers: whether to write phone numbers in full, and the metadata.
    """
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for count, message in enumerate(messages, start=1):  # noqa: B007 - the last number is the count
        values = exported_values(message, with_numbers=with_numbers)
        writer.writerow([safe_cell(values.get(name)) for name in columns])
    return count
