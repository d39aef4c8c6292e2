"""`status.json`: its answers before and after the final status."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from zettai_simulator import SimulatorProcess
from zettai_simulator.clock import JST

Call = Callable[..., dict[str, Any]]

FUTURE = "2099-01-01 10:00"


def today() -> str:
    """The current day in Japan."""
    return datetime.now(JST).strftime("%Y%m%d")


def test_delivered_message_has_all_details(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="t", message="字" * 71, phoneNumber="08012345678")

    (entry,) = ask(simulator, "status", clientTag="t")["status"]

    answered_at = datetime.strptime(entry.pop("dateTime") + "000", "%Y%m%d %H%M%S%f").replace(tzinfo=JST)
    assert abs((datetime.now(JST) - answered_at).total_seconds()) < 60
    assert entry == {
        "phoneNumber": "+818012345678",
        "message": "字" * 71,
        "smsCode": 12345,
        "carrierId": "103",
        "carrierName": "docomo",
        "statusId": 2,
        "clientTag": "t",
        "detailedStatusId": "31000",
        "separatedSuccessCount": 2,
    }


def test_failed_message_has_module_and_cause(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="t", carrierId="105", phoneNumber="09012340732")

    (entry,) = ask(simulator, "status", clientTag="t")["status"]

    assert (entry["statusId"], entry["detailedStatusId"], entry["separatedSuccessCount"]) == (3, "51732", 0)


def test_late_failure_is_sending_until_then(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="t", carrierId="101", phoneNumber="09012340732")

    (entry,) = ask(simulator, "status", clientTag="t")["status"]

    assert int(entry["statusId"]) < 2
    assert simulator.record_of("t")["finalStatusId"] == 3


def test_details_before_the_final_status_are_misleading(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    for number in range(6):
        send(simulator, clientTag=f"t{number}", carrierId="101", phoneNumber="09012340732")

    named = {ask(simulator, "status", clientTag=f"t{number}")["status"][0]["carrierId"] for number in range(6)}

    assert named == {None, "999", "101", "103", "105", "106"}


def test_status_is_a_string_or_a_number(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    for number in range(2):
        send(simulator, clientTag=f"t{number}")

    statuses = [ask(simulator, "status", clientTag=f"t{number}")["status"][0]["statusId"] for number in range(2)]

    assert statuses == [2, "2"]


@pytest.mark.parametrize("client_tag", ["unknown", "u" * 203])
def test_unknown_client_tag_has_no_status(simulator: SimulatorProcess, ask: Call, client_tag: str) -> None:
    answer = ask(simulator, "status", clientTag=client_tag)

    assert answer == {"responseCode": 0, "responseMessage": "Success.", "status": []}


def test_reservation_has_no_status(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="r", scheduleTime=FUTURE)

    assert ask(simulator, "status", clientTag="r")["status"] == []


def test_day_shows_the_messages_sent_on_it(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="a")
    send(simulator)
    send(simulator, clientTag="r", scheduleTime=FUTURE)

    entries = ask(simulator, "status", date=today())["status"]

    assert [entry["clientTag"] for entry in entries] == ["a", None]
    assert ask(simulator, "status", date="20200101")["status"] == []


def test_client_tag_has_precedence_over_the_day(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="a")

    assert len(ask(simulator, "status", clientTag="a", date="20200101")["status"]) == 1


@pytest.mark.parametrize(
    ("query", "code", "words"),
    [
        ({}, 100, "Required clientTag."),
        ({"date": "2020-01-01"}, 110, "Invalid date."),
        ({"clientTag": "u" * 204}, 120, "clientTag too long."),
        ({"clientId": None, "clientTag": "a"}, 100, "Required clientId."),
    ],
)
def test_invalid_query_is_refused(
    simulator: SimulatorProcess, ask: Call, query: dict[str, str | None], code: int, words: str
) -> None:
    assert ask(simulator, "status", **query) == {"responseCode": code, "responseMessage": words}
