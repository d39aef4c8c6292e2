"""The content of delivery reports. The `pusher` sends them."""

import json
from typing import Any

from zettai_simulator import clock
from zettai_simulator.carriers import Status
from zettai_simulator.messages import Message

_DESCRIPTIONS = {Status.DELIVERED: "Delivered", Status.FAILED: "Failed"}


def report_of(message: Message, client_id: str) -> dict[str, Any]:
    """Return the report of a message that has a final status."""
    submission, fate = message.submission, message.fate
    ended = message.due_at if message.ends_at is None else message.ends_at
    return {
        "type": "DLR",
        "dateTime": clock.seconds_text(ended),
        "messageId": f"{message.serial:012}",
        "phoneNumber": message.shown_number,
        "smsCode": int(submission.sms_code),
        "carrierId": fate.carrier.id,
        "carrierName": fate.carrier.name,
        "messageText": message.sent_text,
        "clientId": client_id,
        "clientTag": submission.client_tag,
        "statusId": str(fate.status.value),
        "statusDescription": _DESCRIPTIONS.get(fate.status, ""),
        "detailedStatusId": fate.detailed_id,
        "separatedSuccessCount": message.billed_parts(fate.status),
    }


def form_of(report: dict[str, Any]) -> dict[str, str]:
    """Return the form that carries a report, in the envelope that the provider's specification shows."""
    return {"json": json.dumps({"eventNotifications": [report]}, ensure_ascii=False)}
