"""Faults with parameters: any code, any HTTP status, rows, and answers that are huge, late or repeated."""

import socket
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from zettai_simulator import SimulatorProcess
from zettai_simulator.settings import CLIENT_ID, TOKEN

Call = Callable[..., dict[str, Any]]
Post = Callable[..., requests.Response]

FUTURE = "2099-01-01 10:00"


@pytest.mark.parametrize(("kind", "taken"), [("code", 0), ("code_after", 1)])
@pytest.mark.parametrize("answer", [(310, "Stopped."), (-1, "?"), (110, "Invalid [token].")])
def test_send_is_answered_with_any_code(
    simulator: SimulatorProcess, send: Call, kind: str, taken: int, answer: tuple[int, str]
) -> None:
    code, text = answer
    simulator.set_faults({"kind": kind, "code": code, "text": text})

    assert send(simulator, clientTag="t") == {"responseCode": code, "responseMessage": text}
    assert simulator.record_of("t")["taken"] == taken


@pytest.mark.parametrize(("kind", "taken"), [("http", 0), ("http_after", 1)])
def test_one_number_is_answered_with_an_http_status(
    simulator: SimulatorProcess, post: Post, kind: str, taken: int
) -> None:
    simulator.set_faults({"kind": kind, "status": 403, "suffix": "678"})

    assert post(simulator, clientTag="t", phoneNumber="09012345678").status_code == 403
    assert post(simulator, clientTag="u", phoneNumber="09012345679").status_code == 200
    assert simulator.record_of("t")["taken"] == taken


def test_wait_is_given_in_seconds(simulator: SimulatorProcess, post: Post) -> None:
    simulator.set_faults({"kind": "http", "status": 503, "retry_after": 86400})

    assert post(simulator).headers["Retry-After"] == "86400"


def test_wait_is_given_as_a_date_of_a_clock_that_is_ahead(simulator: SimulatorProcess, post: Post) -> None:
    simulator.set_faults({"kind": "http", "status": 503, "retry_date": 2, "date_ahead": 3600})

    headers = post(simulator).headers
    date, wait = (parsedate_to_datetime(headers[name]) for name in ("Date", "Retry-After"))

    assert (wait - date).total_seconds() == 2
    assert 3500 < date.timestamp() - time.time() < 3700


def test_ignored_call_is_answered_with_success(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="r", scheduleTime=FUTURE, groupTag="g")
    simulator.set_faults({"kind": "ignored", "endpoint": "*"})

    one = ask(simulator, "cancelreservation", clientTag="r")
    many = ask(simulator, "cancelreservationall", groupTag="g")
    day = ask(simulator, "checkreservation", smsCode="12345", scheduleDate="20990101")
    sent = send(simulator, clientTag="t", phoneNumber="09012345678")

    assert (one["responseCode"], one["clientTag"], many["responseCode"]) == (0, "r", 0)
    assert (day["count"], day["status"]) == (0, [])
    assert (sent["responseCode"], sent["phoneNumber"]) == (0, "+819012345678")
    assert simulator.record_of("r")["state"] == "reserved"
    assert simulator.record_of("t")["state"] == "not_taken"


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("rows_missing", [("b", "2")]),
        ("rows_unreadable", [(["a"], ["2"]), ("b", "2")]),
        ("rows_of_others", [("a-2", "3"), ("xa", "3"), ("a", "2"), ("b", "2")]),
        ("rows_twice", [("a", "2"), ("a", "3"), ("a", "1"), ("a", "0"), ("b", "2")]),
    ],
)
def test_rows_of_one_number_are_changed(
    simulator: SimulatorProcess, send: Call, ask: Call, kind: str, found: list[tuple[Any, str]]
) -> None:
    send(simulator, clientTag="a", phoneNumber="09012345678")
    send(simulator, clientTag="b", phoneNumber="09012345679")
    simulator.set_faults({"kind": kind, "suffix": "678", "endpoint": "*"})

    day = today_of(simulator, ask)
    one = ask(simulator, "status", clientTag="a")["status"]

    shown = [(row["clientTag"], row["statusId"]) for row in day]
    assert [(tag, list(map(str, s)) if isinstance(s, list) else str(s)) for tag, s in shown] == found
    assert len(one) == len(found) - 1


def today_of(simulator: SimulatorProcess, ask: Call) -> list[dict[str, Any]]:
    """Return the statuses of the day on which the first message was sent."""
    day = time.strftime("%Y%m%d", time.gmtime(simulator.records()[0]["sentAt"] / 1e6 + 9 * 3600))
    return list(ask(simulator, "status", date=day)["status"])


def test_list_of_reservations_lacks_a_row(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    for tag, number in (("a", "09012345678"), ("b", "09012345679")):
        send(simulator, clientTag=tag, phoneNumber=number, scheduleTime=FUTURE)
    simulator.set_faults({"kind": "rows_missing", "suffix": "678", "endpoint": "checkreservation"})

    day = ask(simulator, "checkreservation", smsCode="12345", scheduleDate="20990101")

    assert (day["count"], [row["clientTag"] for row in day["status"]]) == (1, ["b"])


def test_row_has_no_number(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="a")
    simulator.set_faults({"kind": "rows_without_number", "endpoint": "status"})

    assert ask(simulator, "status", clientTag="a")["status"][0]["phoneNumber"] == ""


@pytest.mark.parametrize("endpoint", ["status", "cancelreservationall"])
def test_answer_is_huge(simulator: SimulatorProcess, endpoint: str) -> None:
    simulator.set_faults({"kind": "huge", "endpoint": "*"})

    answer = requests.get(f"{simulator.url}/p5/api/{endpoint}.json", timeout=60).content

    assert len(answer) > 5_700_000
    assert answer.endswith(b",[],[],[]]}")


def test_late_answer_is_true(simulator: SimulatorProcess, send: Call) -> None:
    simulator.set_faults({"kind": "late", "seconds": 0.3})
    began = time.monotonic()

    answer = send(simulator, clientTag="t")

    assert answer["responseCode"] == 0
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("seconds", [0, 0.05])
def test_answer_comes_twice(simulator: SimulatorProcess, seconds: float) -> None:
    """The second copy is what a client reads as the answer to its next request on this connection."""
    simulator.set_faults({"kind": "twice", "seconds": seconds, "times": 1})
    form = {"token": TOKEN, "clientId": CLIENT_ID, "smsCode": "12345", "phoneNumber": "09012345678", "message": "x"}
    body = urlencode({**form, "clientTag": "t"})
    request = (
        "POST /p5/api/mt.json HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    )
    address = urlsplit(simulator.url)

    with socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=60) as connection:
        connection.sendall(request.encode())
        received = b""
        while received.count(b"HTTP/1.1 200") < 2 or received.count(b'"smsMessage":"x"}') < 2:
            received += connection.recv(4096)

    assert simulator.record_of("t")["requests"] == 1
