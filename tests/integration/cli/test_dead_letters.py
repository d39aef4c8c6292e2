"""`zettai dead-letters` and `zettai requeue`."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.cli.helpers import PHONE, zettai

from zettai import SmsClient, State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.times import now

MASKED = "+81********78"


@pytest.fixture
def store(redis_settings: str) -> WorkerStore:
    """Return the store of a worker."""
    return WorkerStore(connect(redis_settings), Keys("zettai"))


def end(client: SmsClient, store: WorkerStore, tag: str, state: State, **keywords: Any) -> None:
    """Create a message in a final state."""
    client.send(PHONE, "secret text", client_tag=tag, **keywords)
    [claim] = store.claim([tag], "claim", claim_timeout=timedelta(minutes=1), held_for=timedelta(minutes=1))
    submitting = frozenset({State.SUBMITTING})
    order = StateUpdate(
        client_tag=tag, expected_states=submitting, claim_id=claim.claim_id, to=state, reason="=as the test has it"
    )
    assert store.apply_updates([order]) == [state]


def lines(stdout: str) -> list[dict[str, Any]]:
    """Return the printed JSON lines."""
    return [json.loads(line) for line in stdout.splitlines()]


def test_only_dead_letters_are_listed(client: SmsClient, store: WorkerStore) -> None:
    for state in State:
        if state.is_final:
            end(client, store, state, state)
    client.send(PHONE, "x", client_tag="waiting")

    shown = lines(zettai("dead-letters", "--json").stdout)

    assert [one["client_tag"] for one in shown] == ["failed", "rejected", "expired", "delivery_unknown"]
    assert {one["to"] for one in shown} == {MASKED}


def test_filters_narrow_the_list(client: SmsClient, store: WorkerStore) -> None:
    end(client, store, "t1", State.FAILED, group="g")
    end(client, store, "t2", State.REJECTED, group="g")
    end(client, store, "t3", State.REJECTED)
    for words, tags in (
        (["--state=rejected"], ["t3", "t2"]),
        (["--group=g"], ["t1", "t2"]),
        (["--limit=1"], ["t1"]),
        (["--since=2020-01-01T00:00+09:00"], ["t1", "t3", "t2"]),
        ([f"--since={(now() + timedelta(hours=1)).isoformat()}"], []),
    ):
        assert [one["client_tag"] for one in lines(zettai("dead-letters", *words, "--json").stdout)] == tags
    assert zettai("dead-letters", "--state=delivered").exit_code == 2


def test_dead_letters_are_shown_as_a_table(client: SmsClient, store: WorkerStore) -> None:
    end(client, store, "t1", State.REJECTED)

    shown = zettai("dead-letters").stdout

    assert "t1" in shown
    assert "as the test has it" in shown
    assert PHONE not in shown


@pytest.mark.parametrize(("words", "number"), [([], MASKED), (["--with-numbers"], "+819012345678")])
def test_csv_has_full_numbers_only_on_request(
    client: SmsClient, store: WorkerStore, words: list[str], number: str
) -> None:
    end(client, store, "t1", State.REJECTED)

    [header, row] = csv.reader(zettai("dead-letters", "--csv", *words).stdout.splitlines())

    exported = dict(zip(header, row, strict=True))
    assert (exported["client_tag"], exported["to"]) == ("t1", number)
    assert exported["reason"] == "'=as the test has it"
    assert lines(zettai("dead-letters", "--json", *words).stdout)[0]["to"] == number


def test_with_numbers_needs_csv_or_json(client: SmsClient) -> None:
    assert zettai("dead-letters", "--with-numbers").exit_code == 2


def test_dead_letter_is_sent_again_with_a_new_tag(client: SmsClient, store: WorkerStore) -> None:
    end(client, store, "t1", State.REJECTED, group="g", lane="bulk")

    result = zettai("requeue", "t1", "--body=better text", "--yes")

    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "1 sent again; 0 not sent")
    old, new = client.get("t1"), client.get("t1~r2")
    assert old is not None
    assert new is not None
    assert (new.to, new.lane, new.group, new.state) == ("+819012345678", "bulk", "g", State.QUEUED)
    assert (old.requeued_as, new.requeued_from) == ("t1~r2", "t1")
    assert (old.state, old.history[-1].reason) == (State.REJECTED, "requeued as t1~r2")
    assert new.history[-1].reason == "requeued from t1"
    assert store.redis.get(store.keys.body("t1~r2")) == "better text"


def test_second_requeue_creates_no_second_message(client: SmsClient, store: WorkerStore) -> None:
    end(client, store, "t1", State.REJECTED)
    client.send(PHONE, "text", client_tag="t1~r2")

    assert zettai("requeue", "t1", "--body=text", "--yes").exit_code == 0
    again = zettai("requeue", "t1", "--body=text", "--yes")

    assert again.exit_code == 1
    assert "it was already sent again as t1~r2" in again.stdout
    assert sorted(message.client_tag for message in client.list()) == ["t1", "t1~r2"]


def test_other_text_with_the_same_new_tag_is_a_conflict(client: SmsClient, store: WorkerStore) -> None:
    end(client, store, "t1", State.REJECTED)
    client.send(PHONE, "their text", client_tag="t1~r2")

    result = zettai("requeue", "t1", "--body=our text", "--yes")

    assert result.exit_code == 1
    assert "is already used for another message" in result.stdout


def test_message_that_may_have_arrived_needs_may_send_twice(client: SmsClient, store: WorkerStore) -> None:
    end(client, store, "t1", State.DELIVERY_UNKNOWN)

    refused = zettai("requeue", "t1", "--body=text", "--yes")
    assert refused.exit_code == 1
    assert "--may-send-twice" in refused.stdout
    assert client.get("t1~r2") is None

    assert zettai("requeue", "t1", "--body=text", "--yes", "--may-send-twice").exit_code == 0
    assert client.get("t1~r2") is not None


@pytest.mark.parametrize("state", [State.DELIVERED, State.CANCELED, State.UNDELIVERED])
def test_other_final_states_are_not_sent_again(client: SmsClient, store: WorkerStore, state: State) -> None:
    end(client, store, "t1", state)

    assert zettai("requeue", "t1", "--body=text", "--yes", "--may-send-twice").exit_code == 1
    assert client.get("t1~r2") is None


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_without_confirmation_nothing_is_sent(client: SmsClient, store: WorkerStore, answer: str) -> None:
    end(client, store, "t1", State.FAILED)

    result = zettai("requeue", "t1", "--body=text", input=answer)

    assert result.exit_code == 1
    assert "t1~r2" in result.stdout
    assert PHONE not in result.stdout
    assert client.get("t1~r2") is None


def test_message_delivered_during_the_confirmation_is_not_sent_again(
    client: SmsClient, store: WorkerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(client, store, "t1", State.DELIVERY_UNKNOWN)

    def arrive(*_: object, **__: object) -> None:
        unknown = frozenset({State.DELIVERY_UNKNOWN})
        order = StateUpdate(client_tag="t1", expected_states=unknown, to=State.DELIVERED, reason="test")
        assert store.apply_updates([order]) == [State.DELIVERED]

    monkeypatch.setattr("zettai_cli.messages.requeue.confirm", arrive)
    result = zettai("requeue", "t1", "--body=text", "--may-send-twice")

    assert result.exit_code == 1
    assert client.get("t1~r2") is None


def test_json_without_yes_is_a_preview(client: SmsClient, store: WorkerStore) -> None:
    end(client, store, "t1", State.FAILED)
    preview = {
        "client_tag": "t1",
        "to": MASKED,
        "state": "failed",
        "reason": "=as the test has it",
        "new_tag": "t1~r2",
        "problem": None,
    }

    assert lines(zettai("requeue", "t1", "--body=x", "--json").stdout) == [preview]
    assert client.get("t1~r2") is None
    assert lines(zettai("requeue", "t1", "--body=x", "--json", "--yes").stdout) == [preview | {"ok": True}]


def test_bodies_file_gives_each_message_its_text(client: SmsClient, store: WorkerStore, tmp_path: Path) -> None:
    end(client, store, "t1", State.EXPIRED, group="g")
    end(client, store, "t2", State.EXPIRED, group="g")
    file = tmp_path / "texts.csv"
    file.write_text('client_tag,body\nt1,"one\nof mine"\n', encoding="utf-8")

    result = zettai("requeue", "--group=g", f"--bodies={file}", "--yes")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "1 sent again; 1 not sent"
    assert store.redis.get(store.keys.body("t1~r2")) == "one\nof mine"
    assert client.get("t2~r2") is None


def test_undelivered_messages_are_sent_again_on_purpose(client: SmsClient, store: WorkerStore) -> None:
    for tag, detail in (("busy", "11833"), ("gone", "11732")):
        end(client, store, tag, State.UNDELIVERED, group="g")
        store.redis.hset(store.keys.message(tag), "detail", detail)
    end(client, store, "late", State.EXPIRED, group="g")

    assert zettai("requeue", "busy", "--body=x", "--yes").exit_code == 1
    result = zettai("requeue", "--group=g", "--undelivered", "--body=x", "--yes")

    assert result.stdout.splitlines()[-1] == "1 sent again; 1 not sent"
    assert client.get("busy~r2") is not None
    assert client.get("gone~r2") is client.get("late~r2") is None


def test_body_is_read_from_stdin(client: SmsClient, store: WorkerStore) -> None:
    end(client, store, "t1", State.EXPIRED)

    assert zettai("requeue", "t1", "--body=-", "--yes", input="from stdin\n").exit_code == 0
    assert store.redis.get(store.keys.body("t1~r2")) == "from stdin"


@pytest.mark.parametrize(
    "words",
    [
        ["--body=x"],
        ["t1", "--group=g", "--body=x"],
        ["t1"],
        ["t1", "--body=x", "--bodies=pyproject.toml"],
        ["--state=delivered", "--body=x"],
        ["--state=expired", "--undelivered", "--body=x"],
    ],
)
def test_contradicting_options_are_a_usage_error(client: SmsClient, words: list[str]) -> None:
    assert zettai("requeue", *words, "--yes").exit_code == 2


def test_unknown_tag_stops_the_requeue(client: SmsClient, store: WorkerStore) -> None:
    end(client, store, "t1", State.FAILED)

    assert zettai("requeue", "t1", "nobody", "--body=x", "--yes").exit_code == 1
    assert client.get("t1~r2") is None
