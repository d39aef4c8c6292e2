"""The table of states."""

import pytest

from zettai.core.states import FINAL, NEVER_SENT, TRANSITIONS, UNSENT, State


def test_every_state_is_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)


def test_unknown_outcome_never_becomes_unsent_or_expired() -> None:
    assert not TRANSITIONS[State.SUBMIT_UNKNOWN] & (UNSENT | {State.EXPIRED})


@pytest.mark.parametrize("state", sorted(FINAL))
def test_final_state_changes_only_to_delivered(state: State) -> None:
    assert TRANSITIONS[state] <= {State.DELIVERED}


@pytest.mark.parametrize("state", sorted(NEVER_SENT))
def test_never_sent_state_never_changes(state: State) -> None:
    assert not TRANSITIONS[state]
    assert state.was_never_sent


def test_final_state_can_be_reached_from_every_state() -> None:
    for start in State:
        reached, found = {start}, {start}
        while found:
            found = set().union(*(TRANSITIONS[state] for state in found)) - reached
            reached |= found
        assert reached & FINAL, start
