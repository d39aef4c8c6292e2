"""Build the JSON objects of answers. `api` decides which messages they contain."""

from typing import Any

from zettai_simulator import clock
from zettai_simulator.carriers import CARRIERS, Status
from zettai_simulator.codes import Code, RefusedError
from zettai_simulator.messages import Message

Answer = dict[str, Any]
"""The JSON object of an answer."""

SUCCESS_MESSAGE = "Success."

_MISLEADING_CARRIERS: tuple[tuple[str | None, str | None], ...] = (
    (None, None),
    ("999", "unknown"),
    *((carrier.id, carrier.name) for carrier in CARRIERS.values()),
)
_MISLEADING_DETAILS = ("", "00000", "11000", "31732", "51823")


def success(**more: object) -> Answer:
    """Return an answer with code 0."""
    return {"responseCode": Code.SUCCESS.value, "responseMessage": SUCCESS_MESSAGE, **more}


def refusal(error: RefusedError) -> Answer:
    """Return an answer with another code and its message."""
    return {"responseCode": int(error.code), "responseMessage": error.message}


def reservation_entry(message: Message) -> Answer:
    """Return one entry of a checkreservation answer."""
    submission = message.submission
    scheduled = message.due_at if submission.schedule_at is None else submission.schedule_at
    return {
        "scheduleTime": clock.minute_text(scheduled),
        "phoneNumber": submission.phone_number,
        "message": submission.message,
        "smsCode": int(submission.sms_code),
        "clientTag": submission.client_tag,
    }


def status_entry(message: Message, now: int) -> Answer:
    """Return one entry of a status answer.

    The provider returns `statusId` as a string or as a number; here that alternates by message.
    """
    submission = message.submission
    status = message.status(now)
    ended = message.ends_at is not None and now >= message.ends_at
    return {
        "dateTime": clock.milliseconds_text((message.ends_at if ended else None) or message.due_at),
        "phoneNumber": message.shown_number,
        "message": message.sent_text,
        "smsCode": int(submission.sms_code),
        "statusId": str(status.value) if message.serial % 2 else status.value,
        "clientTag": submission.client_tag,
        **(_final_details(message, status) if ended else _meaningless_details(message.serial)),
    }


def _final_details(message: Message, status: Status) -> Answer:
    return {
        "carrierId": message.fate.carrier.id,
        "carrierName": message.fate.carrier.name,
        "detailedStatusId": message.fate.detailed_id,
        "separatedSuccessCount": message.billed_parts(status),
    }


def _meaningless_details(serial: int) -> Answer:
    """Return the details before the final status: they look plausible, but are mostly wrong."""
    carrier_id, carrier_name = _MISLEADING_CARRIERS[serial % len(_MISLEADING_CARRIERS)]
    return {
        "carrierId": carrier_id,
        "carrierName": carrier_name,
        "detailedStatusId": _MISLEADING_DETAILS[serial % len(_MISLEADING_DETAILS)],
        "separatedSuccessCount": serial % 3,
    }
