"""The table of states, seen from outside: what a user may rely on."""

import pytest

from zettai.core.states import FINAL, NEVER_SENT, TRANSITIONS, UNSENT, State


def test_every_state_has_its_line() -> None:
    """No state is forgotten."""
    assert set(TRANSITIONS) == set(State)


def test_what_may_have_been_taken_is_never_called_unsent() -> None:
    """From doubt there is no way back to `queued` or `held`, and `expired` would be a false promise."""
    assert not TRANSITIONS[State.SUBMIT_UNKNOWN] & (UNSENT | {State.EXPIRED})


@pytest.mark.parametrize("state", sorted(FINAL))
def test_an_end_is_an_end(state: State) -> None:
    """Only a late success may still raise an end, and never the other way round."""
    assert TRANSITIONS[state] <= {State.DELIVERED}


@pytest.mark.parametrize("state", sorted(NEVER_SENT))
def test_a_promise_that_it_was_never_sent_is_kept(state: State) -> None:
    """Nothing follows it."""
    assert not TRANSITIONS[state]
    assert state.was_never_sent


def test_every_message_can_come_to_an_end() -> None:
    """From each state a final one can be reached."""
    for start in State:
        reached, found = {start}, {start}
        while found:
            found = set().union(*(TRANSITIONS[state] for state in found)) - reached
            reached |= found
        assert reached & FINAL, start
