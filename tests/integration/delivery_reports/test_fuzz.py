"""Fuzzed reports: no response is a server error, and no message gets a worse final state."""

import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.delivery_reports.given import NUMBER, Receiver, as_json, notification
from tests.support.store_helpers import MINUTE, claim_one, new_message, update_one

from zettai.core.aossms.final_status import states_before
from zettai.core.states import TRANSITIONS, State
from zettai.core.store import WorkerStore

pytestmark = pytest.mark.long

ORDINARY = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
"""The examples share a store. Each uses its own messages."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(sorted(notification("x")))
STATES = st.sampled_from(sorted(set(State) - {State.HELD}))


def in_state(store: WorkerStore, state: State) -> str:
    """Create a message in a state."""
    one = new_message(client_tag=uuid4().hex)
    store.create([one])
    if state is not State.QUEUED:
        claim_one(store, one.client_tag)
    if state not in {State.QUEUED, State.SUBMITTING}:
        update_one(store, one.client_tag, state, due_in=MINUTE)
    return one.client_tag


def state_of(store: WorkerStore, tag: str) -> State:
    """Return the state of a message."""
    [found] = store.get([tag])
    assert found is not None
    return found.state


@ORDINARY
@given(body=st.binary(max_size=500), prefix=st.sampled_from([b"", b"json=", b"json=%7B&json="]))
def test_any_bytes_are_answered_without_server_error(receiver: Receiver, body: bytes, prefix: bytes) -> None:
    assert receiver.post(prefix + body) in {200, 400}


@ORDINARY
@given(document=JSON | st.fixed_dictionaries({"eventNotifications": JSON | st.lists(JSON)}))
def test_any_json_is_answered_without_server_error(receiver: Receiver, document: Any) -> None:
    assert receiver.post(urlencode({"json": json.dumps(document)}).encode()) in {200, 400}


@ORDINARY
@given(changes=st.dictionaries(FIELDS, JSON, max_size=4), missing=st.sets(FIELDS, max_size=2), state=STATES)
def test_any_report_causes_an_allowed_transition_only(
    receiver: Receiver, store: WorkerStore, changes: dict[str, Any], missing: set[str], state: State
) -> None:
    tag = in_state(store, state)
    row = {name: value for name, value in (notification(tag) | changes).items() if name not in missing}

    assert receiver.post(as_json(row)) == 200

    assert state_of(store, tag) in TRANSITIONS[state] | {state}


@ORDINARY
@given(
    state=STATES,
    reports=st.lists(
        st.tuples(st.sampled_from([0, 1, 2, 3, "2", "3", None]), st.sampled_from([NUMBER, "+818087654321"])), max_size=6
    ),
    at_once=st.booleans(),
)
def test_best_final_status_wins_in_any_order(
    receiver: Receiver, store: WorkerStore, state: State, reports: list[tuple[Any, str]], *, at_once: bool
) -> None:
    tag = in_state(store, state)
    rows = [notification(tag, statusId=status, phoneNumber=number) for status, number in reports]

    for body in [as_json(*rows)] if at_once else map(as_json, rows):
        assert receiver.post(body) == 200

    told = {str(status) for status, number in reports if number == NUMBER}
    if "2" in told and state in states_before(State.DELIVERED):
        expected = State.DELIVERED
    elif "3" in told and state in states_before(State.UNDELIVERED):
        expected = State.UNDELIVERED
    else:
        expected = state
    assert state_of(store, tag) is expected
