"""The throttle: what it lets in within a sliding second, whatever the order of handling."""

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
    """Even where calls are handled in another order than they came in."""
    throttle = Throttle(Limit(LIMIT))

    admitted = [arrival for arrival in arrivals if throttle.admits(arrival)]

    assert worst_window(admitted) <= LIMIT
    assert throttle.refused == len(arrivals) - len(admitted)


@given(st.lists(st.integers(SECOND // LIMIT, SECOND), max_size=60))
def test_who_keeps_the_limit_is_let_in(gaps: list[int]) -> None:
    """A fifth of a second apart is never too fast for five a second."""
    throttle = Throttle(Limit(LIMIT))
    arrivals = [sum(gaps[:count]) for count in range(len(gaps))]

    assert all(throttle.admits(arrival) for arrival in arrivals)


def test_a_window_is_half_open() -> None:
    """The call exactly a second after the first is in the next window."""
    throttle = Throttle(Limit(1))

    assert [throttle.admits(at) for at in (0, SECOND - 1, SECOND)] == [True, False, True]


def test_a_penalty_refuses_everything_for_a_while() -> None:
    """It is not prolonged by calls during it."""
    throttle = Throttle(Limit(1, penalty=3 * SECOND))

    assert [throttle.admits(at) for at in (0, 10, SECOND * 2, SECOND * 3, SECOND * 3 + 10)] == [
        True,
        False,
        False,
        False,
        True,
    ]


def test_a_call_too_many_gets_429(simulate: Callable[..., SimulatorProcess], post: Callable[..., Any]) -> None:
    """With the header that says when to come back; it is not taken, but counted."""
    simulator = simulate(limit=1, throttle_for=60, retry_after=7)

    responses = [post(simulator, clientTag=tag) for tag in ("a", "b")]

    assert [response.status_code for response in responses] == [200, 429]
    assert responses[1].headers["Retry-After"] == "7"
    assert simulator.record_of("b")["taken"] == 0
    assert simulator.stats()["throttled"] == 1


def test_all_endpoints_share_the_limit(
    simulate: Callable[..., SimulatorProcess], post: Callable[..., Any], ask: Callable[..., Any]
) -> None:
    """A status call uses up what a send then lacks."""
    simulator = simulate(limit=1, throttle_for=60)
    ask(simulator, "status", clientTag="x")

    assert post(simulator).status_code == 429


def test_the_limit_is_changed_while_running(simulator: SimulatorProcess, post: Callable[..., Any]) -> None:
    """And taken away again."""
    simulator.set_limit(1, throttle_for=60)
    statuses = [post(simulator).status_code for _ in range(2)]
    simulator.set_limit(None)

    assert [*statuses, post(simulator).status_code] == [200, 429, 200]


@pytest.mark.parametrize("calls", [0, None])
def test_no_limit_lets_everything_in(simulator: SimulatorProcess, post: Callable[..., Any], calls: int | None) -> None:
    """Nought and nothing both mean that there is none."""
    simulator.set_limit(calls)

    assert {post(simulator).status_code for _ in range(5)} == {200}
