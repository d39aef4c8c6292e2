"""Faults: which calls they strike, what is left of the answer, and whether the message was taken."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from zettai_simulator import SimulatorProcess
from zettai_simulator.faults import Fault, FaultPlan, Kind
from zettai_simulator.settings import CLIENT_ID, TOKEN

Post = Callable[..., requests.Response]

NUMBER = "09012345678"


@pytest.mark.parametrize("kind", ["cut_after", "error_after", "system_error_after", "broken_json", "html"])
def test_a_call_with_a_lost_answer_is_taken(simulator: SimulatorProcess, post: Post, kind: str) -> None:
    """The client learns nothing, and the retry learns that the tag is used."""
    simulator.set_faults({"kind": kind, "times": 1})
    with pytest.raises((requests.RequestException, AssertionError)):
        assert post(simulator, clientTag="t").json()["responseCode"] == 0

    assert simulator.record_of("t")["taken"] == 1
    assert post(simulator, clientTag="t").json()["responseCode"] == 400


@pytest.mark.parametrize("kind", ["cut_before", "unavailable", "system_error", "throttled", "quota"])
def test_a_call_that_was_kept_out_is_not_taken(simulator: SimulatorProcess, post: Post, kind: str) -> None:
    """The retry with the same tag goes through."""
    simulator.set_faults({"kind": kind, "times": 1})
    with pytest.raises((requests.RequestException, AssertionError)):
        assert post(simulator, clientTag="t").json()["responseCode"] == 0

    assert simulator.record_of("t")["taken"] == 0
    assert post(simulator, clientTag="t").json()["responseCode"] == 0


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("error_after", 500, None),
        ("unavailable", 503, None),
        ("throttled", 429, None),
        ("html", 200, None),
        ("broken_json", 200, None),
        ("system_error", 200, 500),
        ("system_error_after", 200, 500),
        ("quota", 200, 300),
    ],
)
def test_a_fault_looks_as_it_should(
    simulator: SimulatorProcess, post: Post, kind: str, status: int, code: int | None
) -> None:
    """The HTTP status, and the code where there is JSON at all."""
    simulator.set_faults({"kind": kind})

    response = post(simulator)

    assert response.status_code == status
    if code is None:
        with pytest.raises(requests.JSONDecodeError):
            response.json()
    else:
        assert response.json()["responseCode"] == code


@pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
def test_a_cut_connection_gives_no_answer(simulator: SimulatorProcess, post: Post, kind: str) -> None:
    """Not a byte of it."""
    simulator.set_faults({"kind": kind})

    with pytest.raises(requests.ConnectionError):
        post(simulator)


def test_a_hanging_call_is_taken_at_once(simulator: SimulatorProcess) -> None:
    """The client gives up, but the message is on its way."""
    simulator.set_faults({"kind": "hang_after"})
    form = {"token": TOKEN, "clientId": CLIENT_ID, "smsCode": "12345"}
    form |= {"message": "hang", "phoneNumber": NUMBER, "clientTag": "t"}

    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{simulator.url}/p5/api/mt.json", data=form, timeout=0.3)

    assert simulator.record_of("t")["state"] == "sent"


def test_a_fault_strikes_another_endpoint(simulator: SimulatorProcess, post: Post, ask: Callable[..., Any]) -> None:
    """And only that one."""
    simulator.set_faults({"kind": "system_error", "endpoint": "status"})

    assert ask(simulator, "status", clientTag="x")["responseCode"] == 500
    assert post(simulator).json()["responseCode"] == 0


def test_a_fault_finds_the_number_by_the_tag(simulator: SimulatorProcess, post: Post, ask: Callable[..., Any]) -> None:
    """Calls without a number are about the message with their tag."""
    post(simulator, clientTag="t", phoneNumber="09012345678")
    post(simulator, clientTag="u", phoneNumber="09012345679")
    simulator.set_faults({"kind": "system_error", "endpoint": "*", "suffix": "678"})

    codes = [ask(simulator, "status", clientTag=tag)["responseCode"] for tag in ("t", "u")]

    assert codes == [500, 0]


def test_faults_are_given_at_the_start_and_cleared(simulate: Callable[..., SimulatorProcess], post: Post) -> None:
    """By the command line, with all that can be said of a fault."""
    simulator = simulate(fault=["system_error:suffix=678,rate=1", "quota:times=1,endpoint=mt"])

    codes = [post(simulator, phoneNumber=n).json()["responseCode"] for n in ("09012345678", "09011111111")]
    before = simulator.faults()
    simulator.control("DELETE", "faults")

    assert codes == [500, 300]
    assert [fault["times"] for fault in before] == [None, 0]
    assert simulator.faults() == []
    assert post(simulator).json()["responseCode"] == 0


@pytest.mark.parametrize("fault", [{"kind": "flood"}, {}, {"kind": "html", "rate": 2}, {"kind": "html", "when": 1}])
def test_an_impossible_fault_is_refused(simulator: SimulatorProcess, fault: dict[str, Any]) -> None:
    """And those in force stay."""
    simulator.set_faults({"kind": "html"})

    with pytest.raises(RuntimeError, match="400"):
        simulator.set_faults(fault)
    assert [one["kind"] for one in simulator.faults()] == ["html"]


def test_a_rate_is_a_probability() -> None:
    """A tenth of many calls, give or take."""
    plan = FaultPlan([Fault(Kind.HTML, rate=0.1)], seed=1)

    struck = sum(plan.strike("mt", NUMBER) is not None for _ in range(10_000))

    assert 900 < struck < 1100


def test_dice_fall_the_same_way_by_seed() -> None:
    """So a run can be repeated."""
    plans = [FaultPlan([Fault(Kind.HTML, rate=0.5)], seed=7) for _ in range(2)]

    first, second = ([plan.strike("mt", NUMBER) for _ in range(100)] for plan in plans)

    assert first == second


def test_the_first_fitting_fault_strikes() -> None:
    """Once it is spent, the next does."""
    plan = FaultPlan([Fault(Kind.HTML, times=1), Fault(Kind.QUOTA, suffix="678"), Fault(Kind.CUT_AFTER, suffix="9")])

    assert [plan.strike("mt", NUMBER) for _ in range(2)] == [Kind.HTML, Kind.QUOTA]


def test_a_plan_does_not_use_up_the_faults_it_was_given() -> None:
    """So that a reset has them all again."""
    fault = Fault(Kind.HTML, times=1)

    FaultPlan([fault]).strike("mt", NUMBER)

    assert fault.times == 1
