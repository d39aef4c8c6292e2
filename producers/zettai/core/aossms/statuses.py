"""The status of a message in a response to a status check, or in a delivery report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zettai.core.aossms.codes import UNKNOWN_CARRIER_ID, FailureDetail, StatusId, explain_failure
from zettai.core.aossms.parsing import text, text_or_number, timestamp, whole_number

Row = Mapping[str, Any]
"""One entry of a list in a response."""

MILLISECOND = "%Y%m%d %H%M%S%f"
"""`yyyyMMdd HHmmSSsss`, the format in responses."""

SECOND = "%Y/%m/%d %H:%M:%S"
"""`yyyy/MM/dd HH:mm:SS`, the format in delivery reports."""

_STATUS_IDS = frozenset(StatusId)

_MOST_PARTS = 999
"""The most parts that are believed. 660 characters make about 10."""

_LONGEST_DETAIL = 32
"""The most characters of a `detailedStatusId`. It has five digits today."""


@dataclass(frozen=True, slots=True)
class Status:
    """The status of a message. Its `repr` has no phone number and no body.

    Attributes:
        client_tag: the message.
        status: `UNKNOWN` also stands for values that are not in the specification.
        phone_number: in international form, `+81…`.
        message: the body; None if the response has none.
        carrier_id: None if unknown, and until the status is final.
        detailed_status: why it failed, in five digits; None until the status is final.
        parts: how many billed parts arrived; None until the status is final.
        at: when the carrier answered.
    """

    client_tag: str
    status: StatusId
    phone_number: str = field(repr=False)
    message: str | None = field(repr=False)
    carrier_id: str | None = None
    detailed_status: str | None = None
    parts: int | None = None
    at: datetime | None = None

    @property
    def failure(self) -> FailureDetail | None:
        """Why it failed; None if it did not."""
        return explain_failure(self.detailed_status) if self.status is StatusId.FAILED else None


def read_status(row: Row) -> Status | None:
    """Read a row of `status.json`, or a notification of a delivery report. Their fields have nearly the same names.

    Returns:
        None if the row has no client tag or no phone number.
    """
    tag, number = text(row.get("clientTag")), text(row.get("phoneNumber"))
    if tag is None or number is None:
        return None
    status = _status_id(row.get("statusId"))
    final: Row = row if status.is_final else {}  # before that, the carrier's part means nothing
    return Status(
        client_tag=tag,
        status=status,
        phone_number=number,
        message=text(row.get("message", row.get("messageText"))),
        carrier_id=_carrier_id(final.get("carrierId")),
        detailed_status=_detail(final.get("detailedStatusId")),
        parts=_parts(final.get("separatedSuccessCount")),
        at=timestamp(row.get("dateTime"), MILLISECOND) or timestamp(row.get("dateTime"), SECOND),
    )


def _status_id(value: object) -> StatusId:
    number = whole_number(value)
    return StatusId(number) if number in _STATUS_IDS else StatusId.UNKNOWN


def _carrier_id(value: object) -> str | None:
    carrier = text_or_number(value)
    return None if carrier == UNKNOWN_CARRIER_ID else carrier


def _detail(value: object) -> str | None:
    """Accept causes that are not in the specification yet, but no other texts."""
    detail = text_or_number(value)
    return detail if detail and detail.isascii() and detail.isalnum() and len(detail) <= _LONGEST_DETAIL else None


def _parts(value: object) -> int | None:
    parts = whole_number(value)
    return parts if parts is not None and 0 <= parts <= _MOST_PARTS else None
