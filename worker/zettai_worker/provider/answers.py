"""Reading the provider's answers: from a reply's bytes to values, or to the error that it stands for.

Whatever the bytes are, only this package's errors come out. Rows that cannot be read are left out and counted.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import structlog

from zettai.core.aossms.codes import ResponseCode
from zettai.core.aossms.parsing import text, whole_number
from zettai.core.aossms.statuses import Row, Status, read_status
from zettai_worker.provider.errors import Ambiguous, Misconfigured, ProviderError, Refused, Throttled
from zettai_worker.provider.fields import Fields
from zettai_worker.provider.messages import Reservation, SendAnswer
from zettai_worker.provider.redaction import redact
from zettai_worker.provider.times import read_minute
from zettai_worker.provider.transport import Reply

Value = TypeVar("Value")

LONGEST_RETRY_AFTER = timedelta(days=1)

_CLIENT_ERRORS = frozenset(range(400, 500)) - {HTTPStatus.REQUEST_TIMEOUT}
"""The provider did not act on the request; with 408 that is not so sure."""

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
    code = whole_number(answer.get("responseCode"))
    if code is None:
        raise Ambiguous(endpoint, "the answer is not what the specification says", http_status=reply.status)
    if code == ResponseCode.SYSTEM_ERROR:
        raise Ambiguous(endpoint, ResponseCode.SYSTEM_ERROR.meaning, http_status=reply.status, code=code)
    if code != ResponseCode.SUCCESS:
        raise Refused(endpoint, code, _words(answer, request))
    return answer


def read_send_answer(answer: Fields) -> SendAnswer:
    """Read what `mt.json` repeats of the message."""
    return SendAnswer(text(answer.get("phoneNumber")), text(answer.get("smsMessage")))


def read_reservations(endpoint: str, answer: Fields) -> list[Reservation]:
    """Read the rows of `checkreservation.json`."""
    return _read_rows(endpoint, answer, _read_reservation)


def read_statuses(endpoint: str, answer: Fields) -> list[Status]:
    """Read the rows of `status.json`."""
    return _read_rows(endpoint, answer, read_status)


def _words(answer: Fields, request: Fields) -> str:
    """Take the provider's words, without anything that they repeat of the request."""
    return redact(text(answer.get("responseMessage")) or "", map(str, request.values()))


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
    seconds = whole_number(header)
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
    tag, number = text(row.get("clientTag")), text(row.get("phoneNumber"))
    if tag is None or number is None:
        return None
    return Reservation(tag, number, text(row.get("message")), read_minute(row.get("scheduleTime")))
