"""Decide what an answer of the provider means: a success with its values, or an error.

Whatever the answer is, these functions raise only this package's errors. `bodies.py` parses the body.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import structlog

from zettai.core.aossms.codes import ResponseCode
from zettai.core.aossms.parsing import text, whole_number
from zettai.core.aossms.statuses import Row, Status
from zettai.core.phone_numbers import normalize
from zettai_worker.provider.bodies import Body
from zettai_worker.provider.errors import Ambiguous, Misconfigured, ProviderError, Refused, Throttled
from zettai_worker.provider.masking import mask
from zettai_worker.provider.messages import Reservation, Rows, SendAnswer, SendRequest
from zettai_worker.provider.secret_fields import SecretFields
from zettai_worker.provider.times import read_minute
from zettai_worker.provider.transport import Reply

Value = TypeVar("Value")
OfTag = TypeVar("OfTag", Status, Reservation)

MAX_RETRY_AFTER = timedelta(minutes=5)
"""A longer `Retry-After` counts as this: one wrong header must not stop all sending for hours. Then the next call finds
out whether the provider still refuses, and gets a new `Retry-After` if it does.
"""

MAX_CODE = 999_999
"""A larger `responseCode`, or one below minus this, is not valid. The provider's have three digits."""

_CLIENT_ERRORS = frozenset(range(400, 500)) - {HTTPStatus.REQUEST_TIMEOUT}
"""With these, the request itself was refused. After 408 the provider may still process it."""

_log = structlog.get_logger(__name__)


def read_answer(endpoint: str, reply: Reply[Body[Value]], request: SecretFields) -> Body[Value]:
    """Return the body of a successful answer.

    Args:
        endpoint: the call's name, for errors.
        reply: the HTTP reply.
        request: the request's fields; no error repeats them.

    Raises:
        ProviderError: the answer is not a success.
    """
    if reply.status != HTTPStatus.OK or reply.content is None:
        raise _http_error(endpoint, reply)
    answer = reply.content.fields
    code = _code(answer.get("responseCode"))
    if code is None:
        raise Ambiguous(endpoint, "the answer has no valid responseCode", http_status=reply.status)
    if code == ResponseCode.SYSTEM_ERROR:
        raise Ambiguous(endpoint, ResponseCode.SYSTEM_ERROR.meaning, http_status=reply.status, code=code)
    if code != ResponseCode.SUCCESS:
        raise Refused(endpoint, code, _masked_message(answer, request))
    return reply.content


def read_send_answer(endpoint: str, body: Body[Value], request: SendRequest) -> SendAnswer:
    """Return the parts of the message that `mt.json` repeats.

    Raises:
        Ambiguous: it repeats another phone number, so it may be the answer to another request.
    """
    answer = SendAnswer(text(body.fields.get("phoneNumber")), text(body.fields.get("smsMessage")))
    if answer.phone_number in {None, "", request.phone_number}:
        return answer
    with suppress(ValueError):  # a masked or shortened number proves nothing
        if normalize(answer.phone_number) != normalize(request.phone_number):
            raise Ambiguous(endpoint, "the answer has another phone number", http_status=HTTPStatus.OK)
    return answer


def check_canceled_tag(endpoint: str, body: Body[Value], client_tag: str) -> None:
    """Check the tag that `cancelreservation.json` repeats.

    Raises:
        Ambiguous: it is another one, so it may be the answer to another request.
    """
    if text(body.fields.get("clientTag")) not in (None, client_tag):
        raise Ambiguous(endpoint, "the answer has another client tag", http_status=HTTPStatus.OK)


def read_rows(endpoint: str, body: Body[Value]) -> Rows[Value]:
    """Return the rows of `status.json` or `checkreservation.json`. Log how many are unreadable.

    Raises:
        Ambiguous: there is no list, or no row can be read. An empty result would mean "no such message".
    """
    rows = body.rows
    if rows is None:
        raise Ambiguous(endpoint, "the answer has no list of rows", http_status=HTTPStatus.OK)
    if rows.skipped:
        _log.warning("provider_rows_skipped", endpoint=endpoint, skipped=rows.skipped)
        if not rows:
            raise Ambiguous(endpoint, "no row of the answer is readable", http_status=HTTPStatus.OK)
    return rows


def read_rows_of_tag(endpoint: str, body: Body[OfTag], client_tag: str) -> Rows[OfTag]:
    """Return the rows of an answer about one tag. They may include rows of other tags.

    Raises:
        Ambiguous: see `read_rows`; or no row has the tag, but one that cannot be read, or has no tag, may be the one.
    """
    rows = read_rows(endpoint, body)
    if (rows.skipped or rows.without_tag) and not any(row.client_tag == client_tag for row in rows):
        raise Ambiguous(endpoint, "a row of the answer is unreadable", http_status=HTTPStatus.OK)
    return rows


def read_reservation(row: Row) -> Reservation | None:
    """Read a row of `checkreservation.json`. Return None if it has no tag or no phone number."""
    tag, number = text(row.get("clientTag")), text(row.get("phoneNumber"))
    if tag is None or number is None:
        return None
    return Reservation(tag, number, text(row.get("message")), read_minute(row.get("scheduleTime")))


def _code(value: Any) -> int | None:
    """Accept 110 and "110", but not "0110", 110.0 or true."""
    code = whole_number(value)
    is_plain = code is not None and abs(code) <= MAX_CODE and str(code) == str(value)
    return code if is_plain else None


def _masked_message(answer: SecretFields, request: SecretFields) -> str:
    """Return the provider's message. What it repeats of the request is masked."""
    return mask(text(answer.get("responseMessage")) or "", map(str, request.values()))


def _http_error(endpoint: str, reply: Reply[Body[Value]]) -> ProviderError:
    """Return the error for an HTTP status other than 200."""
    status, retry_after = reply.status, _retry_after(reply.retry_after, reply.date)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(endpoint, "HTTP 429, too many requests", retry_after=retry_after)
    if status == HTTPStatus.FORBIDDEN:
        advice = "check the token, and that the provider's console allows this host's address"
        return Misconfigured(endpoint, f"HTTP 403; {advice}", http_status=status)
    if status in _CLIENT_ERRORS:
        return Misconfigured(endpoint, f"HTTP {status}; check the base URL and the token", http_status=status)
    busy = status == HTTPStatus.SERVICE_UNAVAILABLE
    return Ambiguous(endpoint, f"HTTP {status}", http_status=status, throttle=busy, retry_after=retry_after)


def _retry_after(header: str | None, date: str | None) -> timedelta | None:
    """Parse seconds, or a time, up to the maximum. Return None for anything else.

    A time is compared with the time of the answer, so that a wrong clock on this host does not matter.
    """
    seconds = whole_number(header)
    if seconds is not None:
        wait = timedelta(seconds=seconds)
    elif (until := _http_date(header)) is not None:
        wait = until - (_http_date(date) or datetime.now(UTC))
    else:
        return None
    return min(max(wait, timedelta()), MAX_RETRY_AFTER)


def _http_date(header: str | None) -> datetime | None:
    """Parse an HTTP date, which is always in UTC."""
    try:
        parsed = None if header is None else parsedate_to_datetime(header)
        return parsed if parsed is None or parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
