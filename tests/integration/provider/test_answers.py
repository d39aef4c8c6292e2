"""Decide what the provider's answers mean: each code, and unexpected bytes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai.core.aossms.statuses import Row, read_status
from zettai_worker.provider import (
    Ambiguous,
    Misconfigured,
    ProviderError,
    Refused,
    ResponseCode,
    SendAnswer,
    SendRequest,
)
from zettai_worker.provider.answers import (
    MAX_CODE,
    check_canceled_tag,
    read_answer,
    read_reservation,
    read_rows,
    read_rows_of_tag,
    read_send_answer,
)
from zettai_worker.provider.bodies import Body, read_body
from zettai_worker.provider.errors import InvalidAnswer
from zettai_worker.provider.secret_fields import SecretFields
from zettai_worker.provider.transport import Reply

NOTHING_ASKED = SecretFields({})
REQUEST = SendRequest(phone_number="09012345678", message="hello", client_tag="tag-1")
INVALID = (Ambiguous, InvalidAnswer)
"""The client raises `Ambiguous` for both."""


def answered(body: object) -> Body[Any]:
    """Return the body of an answer with this JSON or these bytes, if it is a success."""
    content = read_body([body if isinstance(body, bytes) else json.dumps(body).encode()], read_status)
    return read_answer("mt.json", Reply(200, content=content), NOTHING_ASKED)


@pytest.mark.parametrize(
    "code",
    [*set(ResponseCode) - {ResponseCode.SUCCESS, ResponseCode.SYSTEM_ERROR}, 1, 310, 777, 999, -1, MAX_CODE, "310"],
)
def test_each_other_code_is_a_refusal(code: object) -> None:
    with pytest.raises(Refused) as caught:
        answered({"responseCode": code, "responseMessage": "Invalid message."})
    assert (caught.value.code, caught.value.provider_message) == (int(str(code)), "Invalid message.")
    assert (caught.value.sent, caught.value.kind) == (True, f"code {code}")


def test_code_500_is_ambiguous() -> None:
    """The specification returns it for everything that it does not define."""
    with pytest.raises(Ambiguous) as caught:
        answered({"responseCode": 500, "responseMessage": "System error."})
    assert (caught.value.code, caught.value.sent, caught.value.kind) == (500, True, "code 500")


ACCOUNT_MESSAGES = {
    "Required {}.": "Required",
    "Required {{{}}}.": "Required",
    "Invalid {}.": "Invalid",
    "Invalid [{}].": "Invalid",
    "INVALID '{}'": "Invalid",
    '"{}" too long': "Too long",
}


@pytest.mark.parametrize(("words", "kind"), ACCOUNT_MESSAGES.items())
@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("token", "token"),
        ("TOKEN", "token"),
        ("clientId", "clientId"),
        ("clientid", "clientId"),
        ("client_id", "clientId"),
        ("smsCode", "smsCode"),
        ("SMS code", "smsCode"),
    ],
)
def test_refused_field_of_many_messages_concerns_the_account_or_the_sender(
    words: str, kind: str, field: str, name: str
) -> None:
    """A wrong token must not reject all waiting messages, nor a wrong sender code all those that are sent from it."""
    code = {"Required": 100, "Invalid": 110, "Too long": 120}[kind]
    with pytest.raises(Refused) as caught:
        answered({"responseCode": code, "responseMessage": words.format(field)})
    refused = caught.value
    assert (refused.concerns_account, refused.concerns_sender) == (name != "smsCode", name == "smsCode")
    assert refused.kind == f"{kind} {name}"


@pytest.mark.parametrize(
    "words", ["Invalid phoneNumber.", "message too long.", "Duplicate client tag.", "Invalid tokens.", ""]
)
def test_refused_message_concerns_no_other(words: str) -> None:
    """One wrong phone number must not stop all other messages."""
    with pytest.raises(Refused) as caught:
        answered({"responseCode": 110, "responseMessage": words})
    refused = caught.value
    assert (refused.concerns_account, refused.concerns_sender, refused.kind) == (False, False, "code 110")


@pytest.mark.parametrize(
    "body", [b'{"responseCode": 0}', b'{"responseCode": "0"}', b'\xef\xbb\xbf {"responseCode":0}\n']
)
def test_code_0_is_a_success(body: bytes) -> None:
    """Also as a text, and after the byte order mark of UTF-8."""
    assert answered(body).rows is None


@pytest.mark.parametrize("code", [True, False, None, "", "zero", " 0", "00", "0110", "+110", 0.0, 110.0, 1e2, [], {}])
def test_code_that_is_not_a_plain_number_is_ambiguous(code: object) -> None:
    with pytest.raises(Ambiguous, match="responseCode"):
        answered({"responseCode": code})


@pytest.mark.parametrize("code", [MAX_CODE + 1, -MAX_CODE - 1, 10**100])
def test_huge_code_is_ambiguous(code: int) -> None:
    with pytest.raises(Ambiguous, match="responseCode"):
        answered({"responseCode": code})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"0",
        b"[]",
        b"{",
        b'{"responseCode": 110',
        b'{"responseCode": 110,}',
        b'{"responseCode": 110} x',
        b"{responseCode: 110}",
        b"{110: 110}",
        b"{'responseCode': 110}",
        b'{"responseCode": 110, "responseMessage": "\x81"}',
        b"\xff\xfe",
        b"\x00" * 100,
        b"[" * 100_000,
        b'{"responseCode": 110, "more": ' + b"[" * 40_000 + b"]" * 40_000 + b"}",
        b'{"responseCode": ' + b"1" * 5000 + b"}",
        b'{"responseCode": 110, "responseMessage": "' + b"x" * 200_000 + b'"}',
        b'{"responseCode": 110, "responseCode": 110}',
        b'{"responseCode": 110, "respons\\u0065Code": 0}',
        b'{"responseCode": 110, "status": [], "status": 1}',
        b'{"responseCode": 110, "status": 1, "status": []}',
        {},
    ],
    ids=lambda body: repr(body)[:40],
)
def test_invalid_answer_is_ambiguous(body: object) -> None:
    with pytest.raises(INVALID):
        answered(body)


@pytest.mark.parametrize("number", ["+819012345678", "09012345678", None, "", "***5678", 9012345678])
def test_success_returns_the_parts_that_the_answer_repeats(number: object) -> None:
    body = answered({"responseCode": 0, "phoneNumber": number, "smsMessage": "hello"})
    answer = read_send_answer("mt.json", body, REQUEST)
    assert answer == SendAnswer(number if number and isinstance(number, str) else None, "hello")


def test_success_for_another_phone_number_is_ambiguous() -> None:
    """It may be the answer to the request of another message."""
    with pytest.raises(Ambiguous, match="another phone number"):
        read_send_answer("mt.json", answered({"responseCode": 0, "phoneNumber": "+819012345679"}), REQUEST)


@pytest.mark.parametrize("tag", [None, "", 1, "tag-1"])
def test_cancel_of_the_tag_or_of_an_unnamed_one_is_a_success(tag: object) -> None:
    check_canceled_tag("cancelreservation.json", answered({"responseCode": 0, "clientTag": tag}), "tag-1")


def test_cancel_of_another_tag_is_ambiguous() -> None:
    with pytest.raises(Ambiguous, match="another client tag"):
        check_canceled_tag("cancelreservation.json", answered({"responseCode": 0, "clientTag": "tag-2"}), "tag-1")


@pytest.mark.parametrize("status", [401, 403, 404])
def test_kind_of_an_http_error_is_its_status(status: int) -> None:
    with pytest.raises(Misconfigured) as caught:
        read_answer("mt.json", Reply(status), NOTHING_ASKED)
    assert (caught.value.kind, caught.value.sent) == (f"HTTP {status}", True)


COLUMNS = [
    *("dateTime", "phoneNumber", "message", "smsCode", "carrierId", "carrierName", "statusId", "clientTag"),
    *("detailedStatusId", "separatedSuccessCount", "scheduleTime"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ODD_ROWS = st.lists(st.dictionaries(st.sampled_from(COLUMNS), JSON) | JSON, max_size=4)
ODD_ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "responseCode": st.just(0) | JSON,
        "status": ODD_ROWS | JSON,
        "phoneNumber": JSON,
        "clientTag": JSON,
    },
)


def read_all(body: bytes, reply: Reply[Body[Any]]) -> None:
    """Parse a reply in each way. Only this package's errors may come out."""
    readers: list[Callable[[Row], Any]] = [read_status, read_reservation]
    for read_row in readers:
        try:
            content = read_body([body], read_row)
            answer = read_answer("endpoint", Reply(reply.status, reply.retry_after, reply.date, content), NOTHING_ASKED)
            repr(read_send_answer("endpoint", answer, REQUEST)).encode()
            check_canceled_tag("endpoint", answer, "tag-1")
            repr(read_rows("endpoint", answer)).encode()
            repr(read_rows_of_tag("endpoint", answer, "tag-1")).encode()
        except (ProviderError, InvalidAnswer) as error:
            str(error).encode()


@given(body=st.binary(), status=st.integers(0, 999), header=st.none() | st.text(), date=st.none() | st.text())
def test_any_bytes_cause_only_provider_errors(body: bytes, status: int, header: str | None, date: str | None) -> None:
    read_all(body, Reply(status, header, date))


@given(answer=ODD_ANSWERS)
def test_any_json_causes_only_provider_errors(answer: object) -> None:
    read_all(json.dumps(answer).encode(), Reply(200))


@given(code=st.integers(1, 999), words=JSON)
def test_any_message_of_a_refusal_becomes_one_printable_line(code: int, words: object) -> None:
    with pytest.raises(ProviderError) as caught:
        answered({"responseCode": code, "responseMessage": words})
    assert len(str(caught.value).encode().splitlines()) == 1
