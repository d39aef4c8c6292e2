"""Parse the provider's answers: each code, and unexpected bytes."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai_worker.provider import (
    Ambiguous,
    ProviderError,
    Refused,
    ResponseCode,
    SendAnswer,
)
from zettai_worker.provider.answers import read_answer, read_reservations, read_send_answer, read_statuses
from zettai_worker.provider.secret_fields import SecretFields
from zettai_worker.provider.transport import Reply

NOTHING_ASKED = SecretFields({})


def reply(body: object, status: int = 200) -> Reply:
    """Return a reply with this JSON or these bytes."""
    return Reply(status, None, body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize("code", [*set(ResponseCode) - {ResponseCode.SUCCESS, ResponseCode.SYSTEM_ERROR}, 777, -1])
def test_each_code_is_a_refusal(code: int) -> None:
    with pytest.raises(Refused) as caught:
        read_answer("mt.json", reply({"responseCode": code, "responseMessage": "Invalid message."}), NOTHING_ASKED)
    assert (caught.value.code, caught.value.provider_message, caught.value.sent) == (code, "Invalid message.", False)


def test_code_500_is_ambiguous() -> None:
    """The specification returns it for everything that it does not define."""
    with pytest.raises(Ambiguous) as caught:
        read_answer("mt.json", reply({"responseCode": 500, "responseMessage": "System error."}), NOTHING_ASKED)
    assert (caught.value.code, caught.value.sent) == (500, True)


@pytest.mark.parametrize("code", [100, 110, 120])
@pytest.mark.parametrize("field", ["token", "clientId", "smsCode"])
def test_refused_account_field_concerns_the_account(code: int, field: str) -> None:
    """A wrong token must not reject all waiting messages."""
    words = {100: f"Required {field}.", 110: f"Invalid {field}.", 120: f"{field} too long."}[code]
    with pytest.raises(Refused) as caught:
        read_answer("mt.json", reply({"responseCode": code, "responseMessage": words}), NOTHING_ASKED)
    assert (caught.value.code, caught.value.concerns_account) == (code, True)


@pytest.mark.parametrize("words", ["Invalid phoneNumber.", "message too long.", "Duplicate client tag.", ""])
def test_refused_message_does_not_concern_the_account(words: str) -> None:
    """One wrong phone number must not stop all other messages."""
    with pytest.raises(Refused) as caught:
        read_answer("mt.json", reply({"responseCode": 110, "responseMessage": words}), NOTHING_ASKED)
    assert not caught.value.concerns_account


@pytest.mark.parametrize("code", [0, "0"])
def test_success_returns_the_parts_that_the_answer_repeats(code: object) -> None:
    body = {"responseCode": code, "phoneNumber": "+819012345678", "smsMessage": "hello"}
    answer = read_answer("mt.json", reply(body), NOTHING_ASKED)
    assert read_send_answer(answer) == SendAnswer("+819012345678", "hello")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"0",
        b"[]",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"responseCode": ' + b"1" * 5000 + b"}",
        {},
        {"responseCode": None},
        {"responseCode": True},
        {"responseCode": 0.0},
        {"responseCode": ""},
        {"responseCode": "zero"},
        {"responseCode": []},
    ],
    ids=repr,
)
def test_invalid_answer_is_ambiguous(body: object) -> None:
    with pytest.raises(Ambiguous):
        read_answer("mt.json", reply(body), NOTHING_ASKED)


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
ODD_ANSWERS = st.fixed_dictionaries({}, optional={"responseCode": st.just(0) | JSON, "status": ODD_ROWS | JSON})
READERS: list[Callable[[str, SecretFields], object]] = [
    read_statuses,
    read_reservations,
    lambda _endpoint, answer: read_send_answer(answer),
]


def read_all(odd: Reply) -> None:
    """Parse a reply with each parser. Only this package's errors may come out."""
    for read in READERS:
        try:
            repr(read("endpoint", read_answer("endpoint", odd, SecretFields({"message": "hello"})))).encode()
        except ProviderError as error:
            str(error).encode()


@given(body=st.binary(), status=st.integers(0, 999), retry_after=st.none() | st.text())
def test_any_bytes_cause_only_provider_errors(body: bytes, status: int, retry_after: str | None) -> None:
    read_all(Reply(status, retry_after, body))


@given(answer=ODD_ANSWERS)
def test_any_json_causes_only_provider_errors(answer: object) -> None:
    read_all(reply(answer))


@given(code=st.integers(1, 999), words=JSON)
def test_any_message_of_a_refusal_becomes_one_printable_line(code: int, words: object) -> None:
    with pytest.raises(ProviderError) as caught:
        read_answer("mt.json", reply({"responseCode": code, "responseMessage": words}), NOTHING_ASKED)
    assert len(str(caught.value).encode().splitlines()) == 1
