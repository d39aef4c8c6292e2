"""How far a message has come, as the provider tells it: in an answer to a status check, or in a delivery report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from zettai.core.aossms.codes import UNKNOWN_CARRIER_ID, FailureDetail, StatusId, explain_failure
from zettai.core.aossms.parsing import text, text_or_number, timestamp, whole_number

Row = Mapping[str, Any]
"""One entry of a list of the provider's."""

MILLISECOND = "%Y%m%d %H%M%S%f"
"""`yyyyMMdd HHmmSSsss`, as answers have it."""

SECOND = "%Y/%m/%d %H:%M:%S"
"""`yyyy/MM/dd HH:mm:SS`, as reports have it."""

_STATUS_IDS = frozenset(StatusId)

_MOST_PARTS = 999
"""Far more parts than 660 characters make; more than this is nonsense."""

_LONGEST_DETAIL = 32
"""Characters of a `detailedStatusId`; five digits today."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far a message has come. The number and the body are left out of its repr.

    Attributes:
        client_tag: whose status it is.
        status: `UNKNOWN` also for values that the specification does not know.
        phone_number: as `+81…`.
        message: the body, None where the provider did not tell it.
        carrier_id: None where unknown, and until the status is final.
        detailed_status: why it failed, five digits; None until the status is final.
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
        """Decode why it failed; None where it did not."""
        return explain_failure(self.detailed_status) if self.status is StatusId.FAILED else None


def read_status(row: Row) -> Status | None:
    """Read a row of `status.json`, or a notification of a delivery report, which has nearly the same names.

    Returns:
        None where the row does not say whose status it is.
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
    """Accept causes that no specification lists yet, and no text that is not a cause at all."""
    detail = text_or_number(value)
    return detail if detail and detail.isascii() and detail.isalnum() and len(detail) <= _LONGEST_DETAIL else None


def _parts(value: object) -> int | None:
    parts = whole_number(value)
    return parts if parts is not None and 0 <= parts <= _MOST_PARTS else None
