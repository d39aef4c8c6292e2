"""Faults of the rows in answers of `status` and `checkreservation`. The rest of such an answer is true."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zettai_simulator.answers import Answer
from zettai_simulator.carriers import Status
from zettai_simulator.faults import Fault, Kind

Row = dict[str, Any]


def with_faulty_rows(fault: Fault, answer: Answer) -> Answer:
    """Return the answer with a fault in each row whose number ends as the fault says."""
    if "status" not in answer:
        return answer
    edit = _EDITS[fault.kind]
    rows = [new for row in answer["status"] for new in (edit(row) if _fits(fault, row) else [row])]
    return {**answer, "status": rows, **({"count": len(rows)} if "count" in answer else {})}


def _fits(fault: Fault, row: Row) -> bool:
    return str(row["phoneNumber"]).endswith(fault.suffix)


def _missing(_: Row) -> Iterator[Row]:
    yield from ()


def _unreadable(row: Row) -> Iterator[Row]:
    yield {name: [value] for name, value in row.items()}


def _of_others(row: Row) -> Iterator[Row]:
    """Add rows whose tags begin and end like this one's, with other results."""
    for tag in (f"{row['clientTag']}-2", f"x{row['clientTag']}"):
        yield {**row, "clientTag": tag, "statusId": Status.FAILED.value, "detailedStatusId": "31732"}
    yield row


def _twice(row: Row) -> Iterator[Row]:
    """Surround a row with its earlier statuses; after a delivery these include a failure."""
    yield row
    status = int(row.get("statusId", Status.UNKNOWN))
    for earlier in (Status.FAILED, Status.SENDING, Status.UNKNOWN):
        if earlier < status or (earlier is Status.FAILED and status == Status.DELIVERED):
            yield {**row, "statusId": earlier.value, "detailedStatusId": "31821"}


def _without_number(row: Row) -> Iterator[Row]:
    yield {**row, "phoneNumber": ""}


_EDITS: Mapping[Kind, Callable[[Row], Iterator[Row]]] = {
    Kind.ROWS_MISSING: _missing,
    Kind.ROWS_UNREADABLE: _unreadable,
    Kind.ROWS_OF_OTHERS: _of_others,
    Kind.ROWS_TWICE: _twice,
    Kind.ROWS_WITHOUT_NUMBER: _without_number,
}
