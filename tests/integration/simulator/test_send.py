"""`mt.json`: which sends are accepted, and how others are refused."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from zettai_simulator import SimulatorProcess

Answer = dict[str, Any]
Call = Callable[..., Answer]

FUTURE = "2099-01-01 10:00"


def test_valid_send_is_accepted(simulator: SimulatorProcess, send: Call) -> None:
    assert send(simulator, phoneNumber="09012345678", message="やあ") == {
        "responseCode": 0,
        "responseMessage": "Success.",
        "phoneNumber": "+819012345678",
        "smsMessage": "やあ",
    }


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"token": None}, 100, "Required token."),
        ({"clientId": None}, 100, "Required clientId."),
        ({"smsCode": None}, 100, "Required smsCode."),
        ({"message": None}, 100, "Required message."),
        ({"message": ""}, 100, "Required message."),
        ({"phoneNumber": None}, 100, "Required phoneNumber."),
        ({"token": "f" * 32}, 110, "Invalid token."),
        ({"clientId": "4321"}, 110, "Invalid clientId."),
        ({"smsCode": "1234"}, 110, "Invalid smsCode."),
        ({"smsCode": "1234567"}, 110, "Invalid smsCode."),
        ({"smsCode": "１２３４５"}, 110, "Invalid smsCode."),
        ({"phoneNumber": "0312345678"}, 110, "Invalid phoneNumber."),
        ({"phoneNumber": "09002345678"}, 110, "Invalid phoneNumber."),
        ({"phoneNumber": "090123456789"}, 110, "Invalid phoneNumber."),
        ({"phoneNumber": "09012345678\n"}, 110, "Invalid phoneNumber."),
        ({"phoneNumber": " 819012345678"}, 110, "Invalid phoneNumber."),
        ({"carrierId": "102"}, 110, "Invalid carrierId."),
        ({"carrierId": "999"}, 110, "Invalid carrierId."),
        ({"scheduleTime": "2020-01-01 10:00"}, 110, "Invalid scheduleTime."),
        ({"scheduleTime": "2099-02-30 10:00"}, 110, "Invalid scheduleTime."),
        ({"scheduleTime": "2099/01/01 10:00"}, 110, "Invalid scheduleTime."),
        ({"message": "字" * 661}, 120, "message too long."),
        ({"clientTag": "t" * 201}, 120, "clientTag too long."),
        ({"groupTag": "g" * 201}, 120, "groupTag too long."),
    ],
)
def test_invalid_field_is_refused_with_its_code(
    simulator: SimulatorProcess, send: Call, fields: dict[str, str | None], code: int, words: str
) -> None:
    assert send(simulator, **fields) == {"responseCode": code, "responseMessage": words}
    assert simulator.records() == []


@pytest.mark.parametrize(
    "fields",
    [
        {"message": "字" * 660},
        {"message": "a"},
        {"clientTag": "t" * 200, "groupTag": "g" * 200},
        {"smsCode": "123456"},
        {"carrierId": "106"},
        {"scheduleTime": FUTURE},
        {"phoneNumber": "+812012345678901"},
        {"phoneNumber": "02012345678901"},
        {"phoneNumber": "02012345678"},
    ],
)
def test_field_at_its_limit_is_accepted(simulator: SimulatorProcess, send: Call, fields: dict[str, str | None]) -> None:
    assert send(simulator, **fields)["responseCode"] == 0


def test_refusal_has_http_status_200(simulator: SimulatorProcess, post: Callable[..., Any]) -> None:
    assert post(simulator, token="x").status_code == 200


def test_json_body_is_not_read_as_a_form(simulator: SimulatorProcess) -> None:
    answer = requests.post(f"{simulator.url}/p5/api/mt.json", json={"token": "x"}, timeout=60).json()

    assert answer["responseMessage"] == "Required token."


def test_client_tag_is_accepted_once(simulator: SimulatorProcess, send: Call) -> None:
    send(simulator, clientTag="once")

    assert send(simulator, clientTag="once") == {
        "responseCode": 400,
        "responseMessage": "Duplicate client tag.",
    }
    known = simulator.record_of("once")
    assert (known["taken"], known["requests"]) == (1, 2)


def test_client_tag_of_a_canceled_reservation_stays_used(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="r", scheduleTime=FUTURE)
    ask(simulator, "cancelreservation", clientTag="r")

    assert send(simulator, clientTag="r")["responseCode"] == 400


def test_client_tag_of_a_refused_send_stays_free(simulator: SimulatorProcess, send: Call) -> None:
    send(simulator, clientTag="t", message=None)

    assert simulator.record_of("t")["state"] == "not_taken"
    assert send(simulator, clientTag="t")["responseCode"] == 0


def test_sends_without_a_client_tag_are_independent(simulator: SimulatorProcess, send: Call) -> None:
    assert [send(simulator)["responseCode"] for _ in range(2)] == [0, 0]


def test_sender_code_that_the_account_does_not_have_is_refused(
    simulator: SimulatorProcess, send: Call, ask: Call
) -> None:
    simulator.set_senders("77777", "88888")
    answers = [send(simulator, smsCode="77777"), send(simulator, smsCode="12345")]
    asked = ask(simulator, "checkreservation", smsCode="12345", clientTag="t")
    simulator.set_senders()

    assert [answer["responseCode"] for answer in [*answers, asked, send(simulator, smsCode="12345")]] == [
        0,
        110,
        110,
        0,
    ]
    assert answers[1]["responseMessage"] == "Invalid smsCode."


def test_exhausted_quota_is_refused(simulator: SimulatorProcess, send: Call) -> None:
    simulator.set_quota(1)
    answers = [send(simulator), send(simulator)]
    simulator.set_quota(None)

    assert [answer["responseCode"] for answer in [*answers, send(simulator)]] == [0, 300, 0]
    assert answers[1]["responseMessage"] == "Exceed sending count."
