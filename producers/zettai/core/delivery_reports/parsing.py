"""Parse the body of a delivery report request into values.

The provider sends a form whose field `json` holds the notifications. Whatever the bytes are, the only exception is
`UnreadableReport`.
"""

import json
from dataclasses import dataclass, replace
from urllib.parse import parse_qs

from zettai.core.aossms.codes import StatusId
from zettai.core.aossms.statuses import Row, Status, read_status
from zettai.core.errors import ZettaiError
from zettai.core.json_bounds import check_json

MAX_FORM_FIELDS = 16
"""Fields of a form. Only the field `json` is read."""

REPORT_TYPE = "DLR"
"""The `type` of a notification that is a delivery report."""


class UnreadableReport(ZettaiError):  # noqa: N818 - named like the package's other errors
    """The body has no delivery reports, or they are not valid JSON."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Report:
    """One delivery report.

    Attributes:
        status: the message's status, in the form that a status check returns.
        client_id: the account in the report, or None if the report has no account.
    """

    status: Status
    client_id: str | None


def parse_reports(body: bytes) -> list[Report | None]:
    """Parse the form field `json`. The list has None for each notification that is not a valid report.

    The content type of the request is not checked: the body itself shows whether it is a form.

    Raises:
        UnreadableReport: the field is missing, or it is not valid.
    """
    try:
        # Bytes that are not UTF-8 are replaced, so that they damage one text and not the other reports.
        form = parse_qs(body.decode(errors="replace"), max_num_fields=MAX_FORM_FIELDS, errors="replace")
    except ValueError:
        raise UnreadableReport("the body is not a form") from None
    if "json" not in form:
        raise UnreadableReport("the form has no field json")
    return [_parse_report(row) for text in form["json"] for row in _notifications(text.strip("\ufeff \t\r\n"))]


def _parse_report(row: Row) -> Report | None:
    notification_type, client_id = row.get("type"), row.get("clientId")
    status = read_status(row)
    if status is None or notification_type not in (None, "", REPORT_TYPE):
        return None
    if status.status is not StatusId.DELIVERED:
        # Of a failed message, only an answer to a status check has the right number of parts (the specification).
        status = replace(status, parts=None)
    return Report(status, None if client_id in (None, "") else str(client_id))


def _notifications(text: str) -> list[Row]:
    try:
        check_json(text.encode(errors="replace"))
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableReport("the field json is not valid JSON") from None
    notifications = document.get("eventNotifications") if isinstance(document, dict) else None
    if not isinstance(notifications, list):
        raise UnreadableReport("the field json has no list eventNotifications")
    return [row if isinstance(row, dict) else {} for row in notifications]
