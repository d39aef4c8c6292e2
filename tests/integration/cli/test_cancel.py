"""`zettai cancel`, `cancel-group` and `cancel-all-reservations`."""

import threading
from datetime import timedelta

import pytest
from tests.integration.cli.helpers import PHONE, document, zettai

from zettai import CancelOutcome, SmsClient, State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.times import now
from zettai_cli.messages.cancel import outcome_of

SOON = timedelta(seconds=30)
LATER = now() + timedelta(days=1)


@pytest.fixture
def store(redis_settings: str) -> WorkerStore:
    """Return the store of a worker."""
    return WorkerStore(connect(redis_settings), Keys("zettai"))


def move(store: WorkerStore, tag: str, *states: State) -> None:
    """Change the state of a message as a worker does."""
    expected_states = State.SUBMITTING
    [claim] = store.claim([tag], "claim", claim_timeout=timedelta(seconds=60), held_for=timedelta(seconds=60))
    for state in states:
        token = claim.claim_id if expected_states is State.SUBMITTING else None
        order = StateUpdate(
            client_tag=tag,
            expected_states=frozenset({expected_states}),
            claim_id=token,
            to=state,
            reason="in a test",
            due_in=SOON,
        )
        assert store.apply_updates([order]) == [state]
        expected_states = state


def test_queued_message_is_canceled(client: SmsClient) -> None:
    client.send(PHONE, "x", client_tag="t1")
    result = zettai("cancel", "t1", "--json")
    assert result.exit_code == 0
    assert document(result) == {"client_tag": "t1", "outcome": "canceled"}


def test_sent_message_is_too_late(client: SmsClient, store: WorkerStore) -> None:
    client.send(PHONE, "x", client_tag="t1")
    move(store, "t1", State.ACCEPTED)
    result = zettai("cancel", "t1")
    assert result.exit_code == 1
    assert "too late" in result.stdout


def test_unknown_tag_is_not_found(client: SmsClient) -> None:
    assert document(zettai("cancel", "nobody", "--json"))["outcome"] == "not_found"
    assert zettai("cancel", "nobody").exit_code == 1


def test_reservation_is_pending(client: SmsClient, store: WorkerStore) -> None:
    client.send(PHONE, "x", client_tag="t1", send_at=LATER)
    move(store, "t1", State.SCHEDULED)
    assert zettai("cancel", "t1").exit_code == 5
    assert zettai("cancel", "t1", "--wait=0.2").exit_code == 5


@pytest.mark.parametrize(
    ("state", "code", "outcome"), [(State.CANCELED, 0, "canceled"), (State.ACCEPTED, 1, "too_late")]
)
def test_wait_shows_the_final_outcome(
    client: SmsClient, store: WorkerStore, state: State, code: int, outcome: str
) -> None:
    client.send(PHONE, "x", client_tag="t1", send_at=LATER)
    move(store, "t1", State.SCHEDULED)
    order = StateUpdate(
        client_tag="t1", expected_states=frozenset({State.SCHEDULED}), to=state, reason="in a test", due_in=SOON
    )
    timer = threading.Timer(0.3, store.apply_updates, ([order],))
    timer.start()
    result = zettai("cancel", "t1", "--wait=20", "--json")
    timer.join()
    assert (result.exit_code, document(result)["outcome"]) == (code, outcome)


@pytest.mark.parametrize("state", State)
def test_every_state_has_a_cancel_outcome(state: State) -> None:
    assert (outcome_of(state) is CancelOutcome.CANCELED) is (state is State.CANCELED)


def test_group_is_canceled_after_confirmation(client: SmsClient) -> None:
    for number in range(3):
        client.send(PHONE, "x", client_tag=f"t{number}", group="g")
    client.cancel("t0")
    result = zettai("cancel-group", "g", input="y\n")
    assert result.exit_code == 0
    assert "2 queued" in result.stdout
    assert "1 canceled         too late" in result.stdout
    assert {message.state for message in client.list(group="g")} == {State.CANCELED}


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_without_confirmation_nothing_is_canceled(client: SmsClient, answer: str) -> None:
    client.send(PHONE, "x", client_tag="t1", group="g")
    result = zettai("cancel-group", "g", input=answer)
    assert result.exit_code == 1
    assert "nothing was done" in result.stderr
    assert [message.state for message in client.list(group="g")] == [State.QUEUED]


def test_json_without_yes_is_a_preview(client: SmsClient) -> None:
    client.send(PHONE, "x", client_tag="t1", group="g")
    preview = {"group": "g", "states": {"queued": 1}, "cancelable": 1}
    assert document(zettai("cancel-group", "g", "--json")) == {**preview, "outcome": None}
    done = {"canceled": 1, "pending": 0, "too_late": 0}
    assert document(zettai("cancel-group", "g", "--json", "--yes")) == {**preview, "outcome": done}


def test_group_without_messages_is_not_found(client: SmsClient) -> None:
    assert zettai("cancel-group", "nobody", "--yes").exit_code == 1


def test_cancel_all_reservations_needs_the_client_id(client: SmsClient) -> None:
    assert zettai("cancel-all-reservations").exit_code == 2
    wrong = zettai("cancel-all-reservations", "--confirm=99")
    assert wrong.exit_code == 2
    assert "nothing was canceled" in wrong.stderr
    assert zettai("cancel-all-reservations", "--confirm=1234").exit_code == 0
