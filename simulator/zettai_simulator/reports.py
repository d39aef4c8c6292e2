"""Delivery reports: what they say, as JSON and as XML. Pushing them is the `pusher`'s work."""

import json
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from zettai_simulator import clock
from zettai_simulator.carriers import Status
from zettai_simulator.messages import Message
from zettai_simulator.settings import ReportFormat

_DESCRIPTIONS = {Status.DELIVERED: "Delivered", Status.FAILED: "Failed"}


def report_of(message: Message, client_id: str) -> dict[str, Any]:
    """The report on a message that has ended."""
    submission, fate = message.submission, message.fate
    ended = message.due_at if message.ends_at is None else message.ends_at
    return {
        "type": "DLR",
        "dateTime": clock.seconds_text(ended),
        "messageId": f"{message.serial:012}",
        "phoneNumber": submission.phone_number,
        "smsCode": int(submission.sms_code),
        "carrierId": fate.carrier.id,
        "carrierName": fate.carrier.name,
        "messageText": submission.message,
        "clientId": client_id,
        "clientTag": submission.client_tag,
        "statusId": str(fate.status.value),
        "statusDescription": _DESCRIPTIONS.get(fate.status, ""),
        "detailedStatusId": fate.detailed_id,
        "separatedSuccessCount": message.billed_parts(fate.status),
    }


def form_of(report: dict[str, Any], kind: ReportFormat) -> dict[str, str]:
    """The form that carries the report."""
    return {kind.value: as_xml(report) if kind is ReportFormat.XML else as_json(report)}


def as_json(report: dict[str, Any]) -> str:
    """The report in the envelope that the provider's specification shows."""
    return json.dumps({"eventNotifications": [report]}, ensure_ascii=False)


def as_xml(report: dict[str, Any]) -> str:
    """The same as XML; its exact shape is our guess, since the specification shows only the JSON."""
    root = Element("eventNotifications")
    notification = SubElement(root, "eventNotification")
    for name, value in report.items():
        SubElement(notification, name).text = str(value)
    return tostring(root, encoding="unicode")
