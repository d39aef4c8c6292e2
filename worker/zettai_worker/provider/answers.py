"""Parse the provider's answers into values or errors.

Whatever the bytes are, these functions raise only this package's errors. They skip rows that they cannot read, and log
how many.
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
from zettai_worker.provider.masking import mask
from zettai_worker.provider.messages import Reservation, SendAnswer
from zettai_worker.provider.secret_fields import SecretFields
from zettai_worker.provider.times import read_minute
from zettai_worker.provider.transport import Reply

Value = TypeVar("Value")

MAX_RETRY_AFTER = timedelta(days=1)
"""A longer `Retry-After` counts as this."""

_CLIENT_ERRORS = frozenset(range(400, 500)) - {HTTPStatus.REQUEST_TIMEOUT}
"""With these, the provider did not process the request. After 408 it may have."""

_log = structlog.get_logger(__name__)


def read_answer(endpoint: str, reply: Reply, request: SecretFields) -> SecretFields:
    """Return the fields of a successful answer.

    Args:
        endpoint: the call's name, for errors.
        reply: the HTTP reply.
        request: the request's fields; no error repeats them.

    Raises:
        ProviderError: the answer is not a success.
    """
    if reply.status != HTTPStatus.OK:
        raise _http_error(endpoint, reply)
    answer = _parse(reply.body)
    code = whole_number(answer.get("responseCode"))
    if code is None:
        raise Ambiguous(endpoint, "the answer has no valid responseCode", http_status=reply.status)
    if code == ResponseCode.SYSTEM_ERROR:
        raise Ambiguous(endpoint, ResponseCode.SYSTEM_ERROR.meaning, http_status=reply.status, code=code)
    if code != ResponseCode.SUCCESS:
        raise Refused(endpoint, code, _masked_message(answer, request))
    return answer


def read_send_answer(answer: SecretFields) -> SendAnswer:
    """Return the parts of the message that `mt.json` repeats."""
    return SendAnswer(text(answer.get("phoneNumber")), text(answer.get("smsMessage")))


def read_reservations(endpoint: str, answer: SecretFields) -> list[Reservation]:
    """Return the rows of `checkreservation.json`."""
    return _read_rows(endpoint, answer, _read_reservation)


def read_statuses(endpoint: str, answer: SecretFields) -> list[Status]:
    """Return the rows of `status.json`."""
    return _read_rows(endpoint, answer, read_status)


def _masked_message(answer: SecretFields, request: SecretFields) -> str:
    """Return the provider's message. What it repeats of the request is masked."""
    return mask(text(answer.get("responseMessage")) or "", map(str, request.values()))


def _http_error(endpoint: str, reply: Reply) -> ProviderError:
    """Return the error for an HTTP status other than 200."""
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
    """Parse seconds or a date, up to a day. Return None for anything else."""
    seconds = whole_number(header)
    wait = timedelta(seconds=seconds) if seconds is not None else _until(header)
    return None if wait is None else min(max(wait, timedelta()), MAX_RETRY_AFTER)


def _until(http_date: str | None) -> timedelta | None:
    try:
        return None if http_date is None else parsedate_to_datetime(http_date).astimezone(UTC) - datetime.now(UTC)
    except (ValueError, OverflowError):
        return None


def _parse(body: bytes) -> SecretFields:
    """Parse a JSON object. Anything else becomes an empty one."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return SecretFields({})
    return SecretFields(answer if isinstance(answer, dict) else {})


def _read_rows(endpoint: str, answer: SecretFields, read: Callable[[Row], Value | None]) -> list[Value]:
    """Parse all rows.

    Raises:
        Ambiguous: there is no list, or no row can be read. An empty result would mean "no such message".
    """
    if not isinstance(answer.get("status"), list):
        raise Ambiguous(endpoint, "the answer has no list of rows", http_status=HTTPStatus.OK)
    values = [read(row) for row in _rows_with_tag(answer["status"])]
    readable = [value for value in values if value is not None]
    if values and not readable:
        raise Ambiguous(endpoint, "no row of the answer is readable", http_status=HTTPStatus.OK)
    if len(readable) < len(values):
        _log.warning("provider_rows_skipped", endpoint=endpoint, skipped=len(values) - len(readable))
    return readable


def _rows_with_tag(rows: list[Any]) -> Iterator[Row]:
    """Skip the rows without a tag. Other applications send them through the same account."""
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
