"""Reading delivery reports: from a form's bytes to values. Whatever the bytes are, only `Unreadable` comes out.

The specification shows the JSON alone. Of the XML we ask only that fields are elements with the names of the JSON.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, ParseError

from zettai.core.aossms.statuses import Row, Status, read_status
from zettai.core.errors import ZettaiError

MOST_FIELDS = 16
"""Of a form, of which we read one."""

REPORT = "DLR"
"""The only `type` of a notification that is a delivery report."""


class Unreadable(ZettaiError):  # noqa: N818 - reads as the fact that it states
    """The body is no form with reports in it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Report:
    """One delivery report.

    Attributes:
        status: what it tells, as a status check would.
        client_id: the account that it names, None where it names none.
    """

    status: Status
    client_id: str | None


def read_reports(body: bytes) -> list[Report | None]:
    """Read the form field `json` or `xml`; None stands for a notification that cannot be read.

    The form's content type is not asked for: the body tells better than a header whether it is one.

    Raises:
        Unreadable: there is neither field, or it does not hold what it should.
    """
    try:
        # Bytes that are no UTF-8 spoil the text they stand in, at worst the tag: not the other reports.
        form = parse_qs(body.decode(errors="replace"), max_num_fields=MOST_FIELDS, errors="replace")
    except ValueError:
        raise Unreadable("it is no form") from None
    readers = {"json": _rows_of_json, "xml": _rows_of_xml}
    texts = [(read, text) for name, read in readers.items() for text in form.get(name, [])]
    if not texts:
        raise Unreadable("the form has neither a field json nor a field xml")
    return [_read(row) for read, text in texts for row in read(text.strip("\ufeff \t\r\n"))]


def _read(row: Row) -> Report | None:
    kind, account = row.get("type"), row.get("clientId")
    status = read_status(row)
    if status is None or kind not in (None, "", REPORT):
        return None
    return Report(status, None if account in (None, "") else str(account))


def _rows_of_json(text: str) -> list[Row]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("the field json is no JSON") from None
    found = document.get("eventNotifications") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise Unreadable("the field json has no list of eventNotifications")
    return [row if isinstance(row, dict) else {} for row in found]


def _rows_of_xml(text: str) -> list[Row]:
    """Find the notifications as the root, below it, or one level deeper, whatever the elements around them are named.

    No deeper: the depth of a tree is its sender's choice, and must cost us nothing.
    """
    try:
        from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped] # noqa: PLC0415 - JSON needs none
    except ImportError:
        raise Unreadable("it is XML, which needs defusedxml: install zettai-sms[gateway]") from None
    try:
        # Without a document type there are no entities, neither bombs nor external ones.
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, ValueError, LookupError):
        raise Unreadable("the field xml is no XML, or has a document type") from None
    near = [root, *root, *(grandchild for child in root for grandchild in child)]
    rows: list[Row] = [dict(_fields(element)) for element in near if _is_notification(element)]
    if not rows:
        raise Unreadable("the field xml has no notification")
    return rows


def _is_notification(element: Element) -> bool:
    return _name(element) == "eventNotification" or any(_name(child) == "clientTag" for child in element)


def _fields(element: Element) -> Iterator[tuple[str, Any]]:
    return ((_name(child), (child.text or "").strip()) for child in element)


def _name(element: Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
