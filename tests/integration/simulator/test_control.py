"""The control API: records, statistics and changes at run time."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from zettai_simulator import SimulatorProcess

Call = Callable[..., dict[str, Any]]


def test_record_has_the_whole_life_of_a_message(simulator: SimulatorProcess, send: Call) -> None:
    send(simulator, clientTag="a/b ü?", groupTag="g", carrierId="101")

    known = simulator.record_of("a/b ü?")

    (posted,) = known.pop("posts")
    assert posted <= known.pop("takenAt") == known.pop("sentAt") == known.pop("finalAt")
    assert known == {
        "clientTag": "a/b ü?",
        "phoneNumber": "+819012345678",
        "message": "こんにちは",
        "smsCode": "12345",
        "groupTag": "g",
        "carrierId": "101",
        "carrier": "101",
        "scheduleTime": None,
        "state": "sent",
        "cancelledAt": None,
        "cancelledBy": None,
        "statusId": 2,
        "finalStatusId": 2,
        "detailedStatusId": "11000",
        "taken": 1,
        "requests": 1,
    }


def test_records_are_returned_in_pages(simulator: SimulatorProcess, send: Call) -> None:
    for number in range(3):
        send(simulator, clientTag=str(number))

    first = simulator.control("GET", "truth?limit=2")
    second = simulator.control("GET", f"truth?limit=2&offset={first['next']}")

    assert [message["clientTag"] for message in first["messages"] + second["messages"]] == ["0", "1", "2"]
    assert (first["total"], first["next"], second["next"]) == (3, 2, None)


def test_unknown_client_tag_is_404(simulator: SimulatorProcess) -> None:
    with pytest.raises(RuntimeError, match="404"):
        simulator.record_of("x")


def test_stats_count_calls_by_endpoint_and_code(simulator: SimulatorProcess, send: Call, ask: Call) -> None:
    send(simulator, clientTag="a")
    send(simulator, clientTag="a")
    send(simulator, clientTag="r", scheduleTime="2099-01-01 10:00")
    ask(simulator, "cancelreservation", clientTag="r")

    stats = simulator.stats()

    assert stats["calls"] == {"mt": {"0": 2, "400": 1}, "cancelreservation": {"0": 1}}
    assert [stats[key] for key in ("taken", "sent", "cancelled", "reserved")] == [2, 1, 1, 0]


def test_reset_removes_everything(simulator: SimulatorProcess, send: Call) -> None:
    send(simulator, clientTag="a")
    simulator.set_faults({"kind": "html"})
    simulator.set_quota(0)
    simulator.reset()

    assert (simulator.records(), simulator.faults(), simulator.arrivals()) == ([], [], [])
    assert send(simulator, clientTag="a")["responseCode"] == 0


def test_latency_delays_answers(simulator: SimulatorProcess, send: Call) -> None:
    simulator.set_latency(0.3)
    start = time.monotonic()
    send(simulator)

    assert time.monotonic() - start >= 0.3


def test_jitter_is_added_to_the_latency(simulate: Callable[..., SimulatorProcess], send: Call) -> None:
    simulator = simulate(latency=0.1, jitter=0.4, seed=0)  # the first random number of this seed is 0.84
    start = time.monotonic()
    send(simulator)

    assert time.monotonic() - start >= 0.4


def test_answered_call_is_not_in_flight(simulator: SimulatorProcess, send: Call) -> None:
    send(simulator)

    assert simulator.in_flight() == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "nothing", None, 404),
        ("PUT", "truth", {}, 404),
        ("POST", "reservations/late", {}, 404),
        ("DELETE", "reservations/x", None, 404),
        ("PUT", "quota", {}, 400),
        ("PUT", "senders", {}, 400),
        ("PUT", "latency", {"seconds": "long"}, 400),
        ("PUT", "limit", {"calls": "many"}, 400),
        ("GET", "truth?limit=x", None, 400),
    ],
)
def test_invalid_control_call_is_refused(
    simulator: SimulatorProcess, method: str, path: str, body: object, status: int
) -> None:
    with pytest.raises(RuntimeError, match=str(status)):
        simulator.control(method, path, body)
