"""Faults: which calls they affect, what the answer is, and whether the message is accepted."""

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
def test_call_with_a_lost_answer_is_accepted(simulator: SimulatorProcess, post: Post, kind: str) -> None:
    simulator.set_faults({"kind": kind, "times": 1})
    with pytest.raises((requests.RequestException, AssertionError)):
        assert post(simulator, clientTag="t").json()["responseCode"] == 0

    assert simulator.record_of("t")["taken"] == 1
    assert post(simulator, clientTag="t").json()["responseCode"] == 400


@pytest.mark.parametrize("kind", ["cut_before", "unavailable", "system_error", "throttled", "quota"])
def test_prevented_call_is_not_accepted(simulator: SimulatorProcess, post: Post, kind: str) -> None:
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
def test_fault_has_its_status_and_code(
    simulator: SimulatorProcess, post: Post, kind: str, status: int, code: int | None
) -> None:
    simulator.set_faults({"kind": kind})

    response = post(simulator)

    assert response.status_code == status
    if code is None:
        with pytest.raises(requests.JSONDecodeError):
            response.json()
    else:
        assert response.json()["responseCode"] == code


@pytest.mark.parametrize("kind", ["cut_after", "cut_before"])
def test_cut_connection_has_no_answer(simulator: SimulatorProcess, post: Post, kind: str) -> None:
    simulator.set_faults({"kind": kind})

    with pytest.raises(requests.ConnectionError):
        post(simulator)


def test_hanging_call_is_accepted_at_once(simulator: SimulatorProcess) -> None:
    simulator.set_faults({"kind": "hang_after"})
    form = {"token": TOKEN, "clientId": CLIENT_ID, "smsCode": "12345"}
    form |= {"message": "hang", "phoneNumber": NUMBER, "clientTag": "t"}

    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{simulator.url}/p5/api/mt.json", data=form, timeout=0.3)

    assert simulator.record_of("t")["state"] == "sent"


def test_fault_affects_only_its_endpoint(simulator: SimulatorProcess, post: Post, ask: Callable[..., Any]) -> None:
    simulator.set_faults({"kind": "system_error", "endpoint": "status"})

    assert ask(simulator, "status", clientTag="x")["responseCode"] == 500
    assert post(simulator).json()["responseCode"] == 0


def test_fault_finds_the_number_by_the_client_tag(
    simulator: SimulatorProcess, post: Post, ask: Callable[..., Any]
) -> None:
    post(simulator, clientTag="t", phoneNumber="09012345678")
    post(simulator, clientTag="u", phoneNumber="09012345679")
    simulator.set_faults({"kind": "system_error", "endpoint": "*", "suffix": "678"})

    codes = [ask(simulator, "status", clientTag=tag)["responseCode"] for tag in ("t", "u")]

    assert codes == [500, 0]


def test_faults_are_set_by_the_command_line_and_cleared(simulate: Callable[..., SimulatorProcess], post: Post) -> None:
    simulator = simulate(fault=["system_error:suffix=678,rate=1", "quota:times=1,endpoint=mt"])

    codes = [post(simulator, phoneNumber=n).json()["responseCode"] for n in ("09012345678", "09011111111")]
    before = simulator.faults()
    simulator.control("DELETE", "faults")

    assert codes == [500, 300]
    assert [fault["times"] for fault in before] == [None, 0]
    assert simulator.faults() == []
    assert post(simulator).json()["responseCode"] == 0


@pytest.mark.parametrize("fault", [{"kind": "flood"}, {}, {"kind": "html", "rate": 2}, {"kind": "html", "when": 1}])
def test_invalid_fault_is_refused(simulator: SimulatorProcess, fault: dict[str, Any]) -> None:
    simulator.set_faults({"kind": "html"})

    with pytest.raises(RuntimeError, match="400"):
        simulator.set_faults(fault)
    assert [one["kind"] for one in simulator.faults()] == ["html"]


def test_rate_is_a_probability() -> None:
    plan = FaultPlan([Fault(Kind.HTML, rate=0.1)], seed=1)

    selected = sum(plan.select("mt", NUMBER) is not None for _ in range(10_000))

    assert 900 < selected < 1100


def test_same_seed_gives_the_same_faults() -> None:
    plans = [FaultPlan([Fault(Kind.HTML, rate=0.5)], seed=7) for _ in range(2)]

    first, second = ([plan.select("mt", NUMBER) for _ in range(100)] for plan in plans)

    assert first == second


def test_first_matching_fault_is_applied() -> None:
    plan = FaultPlan([Fault(Kind.HTML, times=1), Fault(Kind.QUOTA, suffix="678"), Fault(Kind.CUT_AFTER, suffix="9")])

    selected = [plan.select("mt", NUMBER) for _ in range(2)]

    assert [fault and fault.kind for fault in selected] == [Kind.HTML, Kind.QUOTA]


def test_fault_plan_does_not_change_its_faults() -> None:
    fault = Fault(Kind.HTML, times=1)

    FaultPlan([fault]).select("mt", NUMBER)

    assert fault.times == 1
