"""The command `replace`."""

from datetime import timedelta

import pytest
from tests.integration.cli.helpers import PHONE, document, zettai
from tests.support.store_helpers import claim_one, update_one

from zettai import SmsClient, State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.times import now

LATER = now() + timedelta(days=1)
EVEN_LATER = (now() + timedelta(days=2)).isoformat()


@pytest.fixture
def store(redis_settings: str) -> WorkerStore:
    """Return the store of a worker."""
    return WorkerStore(connect(redis_settings), Keys("zettai"))


def reserve(client: SmsClient, store: WorkerStore) -> None:
    """Record a message that the provider has reserved."""
    client.send(PHONE, "x", client_tag="t1", send_at=LATER)
    claim_one(store, "t1")
    update_one(store, "t1", State.SCHEDULED, due_in=timedelta(days=1))


def test_queued_message_is_replaced(client: SmsClient) -> None:
    client.send(PHONE, "x", client_tag="t1", send_at=LATER)

    result = zettai("replace", "t1", "--send-at", EVEN_LATER, "--body", "new text", "--new-tag", "t2", "--json")

    assert result.exit_code == 0
    assert document(result) == {"client_tag": "t1", "outcome": "replaced", "replaced_by": "t2"}
    assert "replaced_by t2" in " ".join(zettai("status", "t1").stdout.split())
    assert "replaces t1" in " ".join(zettai("status", "t2").stdout.split())


def test_reservation_is_pending(client: SmsClient, store: WorkerStore) -> None:
    reserve(client, store)

    result = zettai("replace", "t1", "--body", "new text", "--new-tag", "t2", "--wait=0.2")

    assert result.exit_code == 5
    assert "pending" in result.stdout
    again = zettai("replace", "t2", "--body", "newer text")
    assert again.exit_code == 5
    assert "waits for the cancel of 't1'" in again.stderr


@pytest.mark.parametrize(
    ("state", "code", "text"), [(State.CANCELED, 0, "replaced by t2"), (State.ACCEPTED, 1, "too late; it was sent")]
)
def test_repeated_command_shows_the_outcome(
    client: SmsClient, store: WorkerStore, state: State, code: int, text: str
) -> None:
    reserve(client, store)
    command = ("replace", "t1", "--body", "new text", "--new-tag", "t2", "--wait=0.2")
    zettai(*command)
    reserved = frozenset({State.SCHEDULED})
    update_one(store, "t1", state, expected_states=reserved, claim_id=None, due_in=timedelta(days=1))

    result = zettai(*command)

    assert result.exit_code == code
    assert text in result.stdout


def test_command_without_a_change_is_refused(client: SmsClient) -> None:
    client.send(PHONE, "x", client_tag="t1", send_at=LATER)

    result = zettai("replace", "t1")

    assert (result.exit_code, client.cancel("t1")) == (2, "canceled")
    assert "send_at" in result.stderr


def test_unknown_tag_is_not_found(client: SmsClient) -> None:
    result = zettai("replace", "unknown-tag", "--body", "new text")

    assert (result.exit_code, "not found" in result.stdout) == (1, True)
