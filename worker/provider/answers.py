"""Reading the provider's answers: from a reply's bytes to values, or to the error that it stands for.

Whatever the bytes are, only this package's errors come out. Rows that cannot be read are left out and counted.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import structlog

from worker.provider.codes import UNKNOWN_CARRIER_ID, ResponseCode, StatusId
from worker.provider.errors import Ambiguous, Misconfigured, ProviderError, Refused, Throttled
from worker.provider.fields import Fields
from worker.provider.messages import Reservation, SendAnswer, Status
from worker.provider.redaction import redact
from worker.provider.times import read_millisecond, read_minute, read_second
from worker.provider.transport import Reply

Row = Mapping[str, Any]
"""One entry of a list in an answer."""

Value = TypeVar("Value")

LONGEST_RETRY_AFTER = timedelta(days=1)

_CLIENT_ERRORS = frozenset(range(400, 500)) - {HTTPStatus.REQUEST_TIMEOUT}
"""The provider did not act on the request; with 408 that is not so sure."""

_STATUS_IDS = frozenset(StatusId)

_MOST_DIGITS = 9

_MOST_PARTS = 999
"""Far more parts than 660 characters make; more than this is nonsense."""

_LONGEST_DETAIL = 32
"""Characters of a `detailedStatusId`; five digits today."""

_log = structlog.get_logger(__name__)


def read_answer(endpoint: str, reply: Reply, request: Fields) -> Fields:
    """Find the answer in a reply.

    Args:
        endpoint: the call's name, for errors.
        reply: what came back.
        request: what was asked; an error repeats none of it.

    Raises:
        ProviderError: the answer is anything but a success.
    """
    if reply.status != HTTPStatus.OK:
        raise _http_error(endpoint, reply)
    answer = _parse(reply.body)
    code = _whole_number(answer.get("responseCode"))
    if code is None:
        raise Ambiguous(endpoint, "the answer is not what the specification says", http_status=reply.status)
    if code == ResponseCode.SYSTEM_ERROR:
        raise Ambiguous(endpoint, ResponseCode.SYSTEM_ERROR.meaning, http_status=reply.status, code=code)
    if code != ResponseCode.SUCCESS:
        raise Refused(endpoint, code, _words(answer, request))
    return answer


def read_send_answer(answer: Fields) -> SendAnswer:
    """Read what `mt.json` repeats of the message."""
    return SendAnswer(_text(answer.get("phoneNumber")), _text(answer.get("smsMessage")))


def read_reservations(endpoint: str, answer: Fields) -> list[Reservation]:
    """Read the rows of `checkreservation.json`."""
    return _read_rows(endpoint, answer, _read_reservation)


def read_statuses(endpoint: str, answer: Fields) -> list[Status]:
    """Read the rows of `status.json`."""
    return _read_rows(endpoint, answer, read_status)


def read_status(row: Row) -> Status | None:
    """Read a row of `status.json`, or a notification of a delivery report, which has nearly the same names.

    Returns:
        None where the row does not say whose status it is.
    """
    tag, number = _text(row.get("clientTag")), _text(row.get("phoneNumber"))
    if tag is None or number is None:
        return None
    status = _status_id(row.get("statusId"))
    final: Row = row if status.is_final else {}  # before that, the carrier's part means nothing
    return Status(
        client_tag=tag,
        status=status,
        phone_number=number,
        message=_text(row.get("message", row.get("messageText"))),
        carrier_id=_carrier_id(final.get("carrierId")),
        detailed_status=_detail(final.get("detailedStatusId")),
        parts=_parts(final.get("separatedSuccessCount")),
        at=read_millisecond(row.get("dateTime")) or read_second(row.get("dateTime")),
    )


def _words(answer: Fields, request: Fields) -> str:
    """Take the provider's words, without anything that they repeat of the request."""
    return redact(_text(answer.get("responseMessage")) or "", map(str, request.values()))


def _http_error(endpoint: str, reply: Reply) -> ProviderError:
    """Say what an HTTP status other than 200 means for the request."""
    status, retry_after = reply.status, _retry_after(reply.retry_after)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(endpoint, "HTTP 429, too many requests", retry_after=retry_after)
    if status == HTTPStatus.FORBIDDEN:
        advice = "check the token, and that the provider's console allows this host's address"
        return Misconfigured(endpoint, f"HTTP 403; {advice}", http_status=status)
    if status in _CLIENT_ERRORS:
        return Misconfigured(endpoint, f"HTTP {status}; check the base URL and the token", http_status=status)
    busy = status == HTTPStatus.SERVICE_UNAVAILABLE
    return Ambiguous(endpoint, f"HTTP {status}", http_status=status, throttle=busy, retry_after=retry_after)


def _retry_after(header: str | None) -> timedelta | None:
    """Read seconds or a date; nonsense is None, and no wait is believed to be longer than a day."""
    seconds = _whole_number(header)
    wait = timedelta(seconds=seconds) if seconds is not None else _until(header)
    return None if wait is None else min(max(wait, timedelta()), LONGEST_RETRY_AFTER)


def _until(http_date: str | None) -> timedelta | None:
    try:
        return None if http_date is None else parsedate_to_datetime(http_date).astimezone(UTC) - datetime.now(UTC)
    except (ValueError, OverflowError):
        return None


def _parse(body: bytes) -> Fields:
    """Read a JSON object; anything else is an empty one."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return Fields({})
    return Fields(answer if isinstance(answer, dict) else {})


def _read_rows(endpoint: str, answer: Fields, read: Callable[[Row], Value | None]) -> list[Value]:
    """Read all rows.

    Raises:
        Ambiguous: there is no list, or none of its rows can be read: that must not look like "no such message".
    """
    if not isinstance(answer.get("status"), list):
        raise Ambiguous(endpoint, "the answer has no list of rows", http_status=HTTPStatus.OK)
    values = [read(row) for row in _tagged(answer["status"])]
    readable = [value for value in values if value is not None]
    if values and not readable:
        raise Ambiguous(endpoint, "no row of the answer can be read", http_status=HTTPStatus.OK)
    if len(readable) < len(values):
        _log.warning("provider_rows_skipped", endpoint=endpoint, skipped=len(values) - len(readable))
    return readable


def _tagged(rows: list[Any]) -> Iterator[Row]:
    """Leave out the rows without a tag: they are of others who send through the same account."""
    for row in rows:
        if not isinstance(row, dict):
            yield {}
        elif row.get("clientTag") not in (None, ""):
            yield row


def _read_reservation(row: Row) -> Reservation | None:
    tag, number = _text(row.get("clientTag")), _text(row.get("phoneNumber"))
    if tag is None or number is None:
        return None
    return Reservation(tag, number, _text(row.get("message")), read_minute(row.get("scheduleTime")))


def _status_id(value: object) -> StatusId:
    number = _whole_number(value)
    return StatusId(number) if number in _STATUS_IDS else StatusId.UNKNOWN


def _carrier_id(value: object) -> str | None:
    carrier = _text_or_number(value)
    return None if carrier == UNKNOWN_CARRIER_ID else carrier


def _detail(value: object) -> str | None:
    """Accept causes that no specification lists yet, and no text that is not a cause at all."""
    detail = _text_or_number(value)
    return detail if detail and detail.isascii() and detail.isalnum() and len(detail) <= _LONGEST_DETAIL else None


def _parts(value: object) -> int | None:
    parts = _whole_number(value)
    return parts if parts is not None and 0 <= parts <= _MOST_PARTS else None


def _whole_number(value: object) -> int | None:
    """Accept 2 and "2"."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _MOST_DIGITS:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text_or_number(value: object) -> str | None:
    """Accept "31732" and 31732; a text keeps its zeros."""
    number = None if isinstance(value, str) else _whole_number(value)
    return _text(value) if number is None else str(number)


def _text(value: object) -> str | None:
    """Accept a text that is there; half characters, which JSON can smuggle in, are replaced."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.isprintable() else value.encode(errors="replace").decode()
