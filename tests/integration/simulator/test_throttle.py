"""The throttle: how many calls it accepts in a sliding second, in any order of handling."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zettai_simulator import SimulatorProcess
from zettai_simulator.arrivals import worst_window
from zettai_simulator.clock import SECOND
from zettai_simulator.throttle import Limit, Throttle

LIMIT = 5


@given(st.lists(st.integers(0, SECOND * 3 // 2), max_size=60))
def test_no_sliding_second_has_more_than_the_limit(arrivals: list[int]) -> None:
    throttle = Throttle(Limit(LIMIT))

    admitted = [arrival for arrival in arrivals if throttle.admits(arrival)]

    assert worst_window(admitted) <= LIMIT
    assert throttle.refused == len(arrivals) - len(admitted)


@given(st.lists(st.integers(SECOND // LIMIT, SECOND), max_size=60))
def test_calls_within_the_limit_are_accepted(gaps: list[int]) -> None:
    throttle = Throttle(Limit(LIMIT))
    arrivals = [sum(gaps[:count]) for count in range(len(gaps))]

    assert all(throttle.admits(arrival) for arrival in arrivals)


def test_window_is_half_open() -> None:
    throttle = Throttle(Limit(1))

    assert [throttle.admits(at) for at in (0, SECOND - 1, SECOND)] == [True, False, True]


def test_penalty_refuses_all_calls_for_a_time() -> None:
    throttle = Throttle(Limit(1, penalty=3 * SECOND))

    assert [throttle.admits(at) for at in (0, 10, SECOND * 2, SECOND * 3, SECOND * 3 + 10)] == [
        True,
        False,
        False,
        False,
        True,
    ]


def test_call_over_the_limit_gets_429(simulate: Callable[..., SimulatorProcess], post: Callable[..., Any]) -> None:
    simulator = simulate(limit=1, throttle_for=60, retry_after=7)

    responses = [post(simulator, clientTag=tag) for tag in ("a", "b")]

    assert [response.status_code for response in responses] == [200, 429]
    assert responses[1].headers["Retry-After"] == "7"
    assert simulator.record_of("b")["taken"] == 0
    assert simulator.stats()["throttled"] == 1


def test_all_endpoints_share_the_limit(
    simulate: Callable[..., SimulatorProcess], post: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    simulator = simulate(limit=1, throttle_for=60)
    ask(simulator, "status", clientTag="x")

    assert post(simulator).status_code == 429


def test_limit_can_be_changed_while_running(simulator: SimulatorProcess, post: Callable[..., Any]) -> None:
    simulator.set_limit(1, throttle_for=60)
    statuses = [post(simulator).status_code for _ in range(2)]
    simulator.set_limit(None)

    assert [*statuses, post(simulator).status_code] == [200, 429, 200]


@pytest.mark.parametrize("calls", [0, None])
def test_no_limit_accepts_all_calls(simulator: SimulatorProcess, post: Callable[..., Any], calls: int | None) -> None:
    simulator.set_limit(calls)

    assert {post(simulator).status_code for _ in range(5)} == {200}
