"""Reservations: creation, search, cancellation, and sending at their minute."""

from collections.abc import Callable
from typing import Any

import pytest

from zettai_simulator import SimulatorProcess

Call = Callable[..., dict[str, Any]]

MORNING, EVENING, NEXT_DAY = "2099-01-01 10:00", "2099-01-01 20:00", "2099-01-02 00:00"


@pytest.fixture
def reserved(simulator: SimulatorProcess, send: Call) -> SimulatorProcess:
    """A simulator with three reservations on two days in two groups."""
    send(simulator, clientTag="morning", scheduleTime=MORNING, groupTag="g")
    send(simulator, clientTag="evening", scheduleTime=EVENING, groupTag="h")
    send(simulator, clientTag="next", scheduleTime=NEXT_DAY, groupTag="g")
    return simulator


def states(simulator: SimulatorProcess) -> dict[str, str]:
    """Return the state of each message by client tag."""
    return {message["clientTag"]: message["state"] for message in simulator.records()}


def tags(answer: dict[str, Any]) -> list[str]:
    """Return the client tags in an answer, and check its count."""
    assert answer["count"] == len(answer["status"])
    return [entry["clientTag"] for entry in answer["status"]]


def test_reservation_is_shown_with_its_five_fields(reserved: SimulatorProcess, ask: Call) -> None:
    answer = ask(reserved, "checkreservation", smsCode="12345", clientTag="morning")

    assert answer["status"] == [
        {
            "scheduleTime": MORNING,
            "phoneNumber": "+819012345678",
            "message": "こんにちは",
            "smsCode": 12345,
            "clientTag": "morning",
        }
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"clientTag": "evening"}, ["evening"]),
        ({"clientTag": "evening", "scheduleTime": MORNING}, ["evening"]),
        ({"scheduleTime": MORNING}, ["morning"]),
        ({"scheduleTime": MORNING, "scheduleDate": "20990102"}, ["morning"]),
        ({"scheduleTime": MORNING, "groupTag": "h"}, []),
        ({"scheduleDate": "20990101"}, ["morning", "evening"]),
        ({"scheduleDate": "20990101", "groupTag": "h"}, ["evening"]),
        ({"scheduleDate": "20990102"}, ["next"]),
        ({"clientTag": "nobody's"}, []),
        ({"scheduleDate": "20990101", "smsCode": "99999"}, []),
    ],
)
def test_reservations_are_found_by_tag_then_minute_then_day(
    reserved: SimulatorProcess, ask: Call, query: dict[str, str], found: list[str]
) -> None:
    assert tags(ask(reserved, "checkreservation", **{"smsCode": "12345", **query})) == found


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ({"smsCode": None, "clientTag": "x"}, 100, "Required smsCode."),
        ({}, 100, "Required clientTag."),
        ({"clientTag": "t" * 201}, 120, "clientTag too long."),
        ({"scheduleTime": "20990101"}, 110, "Invalid scheduleTime."),
        ({"scheduleDate": "2099-01-01"}, 110, "Invalid scheduleDate."),
        ({"scheduleDate": "20991301"}, 110, "Invalid scheduleDate."),
        ({"scheduleTime": "2020-01-01 10:00"}, 140, "Past scheduleTime."),
        ({"scheduleDate": "20200101"}, 140, "Past scheduleDate."),
        ({"token": "x", "clientTag": "x"}, 110, "Invalid token."),
    ],
)
def test_invalid_search_is_refused(
    simulator: SimulatorProcess, ask: Call, query: dict[str, str | None], code: int, words: str
) -> None:
    assert ask(simulator, "checkreservation", **{"smsCode": "12345", **query}) == {
        "responseCode": code,
        "responseMessage": words,
    }


def test_sent_message_is_not_a_reservation(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="sent")

    answer = ask(simulator, "checkreservation", smsCode="12345", clientTag="sent")

    assert answer == {"responseCode": 130, "responseMessage": "Already send."}


def test_reservation_is_canceled_once(reserved: SimulatorProcess, ask: Call) -> None:
    answers = [ask(reserved, "cancelreservation", clientTag="morning") for _ in range(2)]

    assert answers == [
        {"responseCode": 0, "responseMessage": "Success.", "clientTag": "morning"},
        {"responseCode": 200, "responseMessage": "No reservation."},
    ]
    assert states(reserved) == {"morning": "cancelled", "evening": "reserved", "next": "reserved"}
    assert tags(ask(reserved, "checkreservation", smsCode="12345", clientTag="morning")) == []


def test_unknown_reservation_is_not_canceled(simulator: SimulatorProcess, ask: Call) -> None:
    assert ask(simulator, "cancelreservation", clientTag="x")["responseCode"] == 200


def test_sent_message_is_not_canceled(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="sent")

    assert ask(simulator, "cancelreservation", clientTag="sent")["responseCode"] == 130


@pytest.mark.parametrize(
    ("query", "cancelled"),
    [
        ({}, {"morning", "evening", "next"}),
        ({"groupTag": "g"}, {"morning", "next"}),
        ({"groupTag": "g", "startDate": "20990102"}, {"next"}),
        ({"groupTag": "g", "endDate": "20990101"}, {"morning"}),
        ({"startDate": "20990101", "endDate": "20990101"}, {"morning", "evening"}),
        ({"startDate": "20990103"}, set()),
        ({"groupTag": "nobody's"}, set()),
    ],
)
def test_bulk_cancel_combines_its_conditions(
    reserved: SimulatorProcess, ask: Call, query: dict[str, str], cancelled: set[str]
) -> None:
    assert ask(reserved, "cancelreservationall", **query) == {
        "responseCode": 0,
        "responseMessage": "Success.",
    }
    assert {tag for tag, state in states(reserved).items() if state == "cancelled"} == cancelled


@pytest.mark.parametrize("query", [{"startDate": "2099-01-01"}, {"endDate": "x"}, {"groupTag": "g" * 201}])
def test_invalid_condition_cancels_nothing(reserved: SimulatorProcess, ask: Call, query: dict[str, str]) -> None:
    assert ask(reserved, "cancelreservationall", **query)["responseCode"] == 110
    assert set(states(reserved).values()) == {"reserved"}


def test_due_reservation_is_sent(reserved: SimulatorProcess, ask: Call) -> None:
    assert reserved.make_due("morning") == ["morning"]

    assert states(reserved) == {"morning": "sent", "evening": "reserved", "next": "reserved"}
    assert ask(reserved, "cancelreservation", clientTag="morning")["responseCode"] == 130
    assert int(ask(reserved, "status", clientTag="morning")["status"][0]["statusId"]) == 2


def test_all_reservations_are_made_due_without_a_tag(reserved: SimulatorProcess) -> None:
    assert set(reserved.make_due()) == {"morning", "evening", "next"}
    assert set(states(reserved).values()) == {"sent"}


def test_console_cancels_a_reservation(reserved: SimulatorProcess, ask: Call) -> None:
    reserved.cancel_in_console("morning")

    assert reserved.record_of("morning")["cancelledBy"] == "console"
    assert ask(reserved, "cancelreservation", clientTag="morning")["responseCode"] == 200


def test_console_cannot_cancel_a_sent_message(simulator: SimulatorProcess, send: Call) -> None:
    send(simulator, clientTag="sent")

    with pytest.raises(RuntimeError, match="409"):
        simulator.cancel_in_console("sent")
