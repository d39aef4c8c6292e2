"""`zettai dead-letters` and `zettai requeue`."""

import csv
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.cli.given import PHONE, zettai

from zettai import SmsClient, State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.times import now

MASKED = "+81********78"


@pytest.fixture
def store(redis_settings: str) -> WorkerStore:
    """The store as a worker uses it."""
    return WorkerStore(connect(redis_settings), Keys("zettai"))


def end(client: SmsClient, store: WorkerStore, tag: str, state: State, **keywords: Any) -> None:
    """A message that has come to its end."""
    client.send(PHONE, "secret text", client_tag=tag, **keywords)
    [claim] = store.claim([tag], "claim", claim_timeout=timedelta(minutes=1), held_for=timedelta(minutes=1))
    submitting = frozenset({State.SUBMITTING})
    order = StateUpdate(
        client_tag=tag, expected_states=submitting, claim_id=claim.claim_id, to=state, reason="=as the test has it"
    )
    assert store.apply_updates([order]) == [state]


def lines(stdout: str) -> list[dict[str, Any]]:
    """What was printed, line by line."""
    return [json.loads(line) for line in stdout.splitlines()]


def test_the_list_has_dead_letters_only(client: SmsClient, store: WorkerStore) -> None:
    """Delivered, canceled and waiting messages are none."""
    for state in State:
        if state.is_final:
            end(client, store, state, state)
    client.send(PHONE, "x", client_tag="waiting")

    shown = lines(zettai("dead-letters", "--json").stdout)

    assert [one["client_tag"] for one in shown] == ["failed", "rejected", "expired", "delivery_unknown"]
    assert {one["to"] for one in shown} == {MASKED}


def test_the_list_can_be_narrowed(client: SmsClient, store: WorkerStore) -> None:
    """By state, by group, and by the time of the end."""
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


def test_people_get_a_table(client: SmsClient, store: WorkerStore) -> None:
    """With the reason."""
    end(client, store, "t1", State.REJECTED)

    shown = zettai("dead-letters").stdout

    assert "t1" in shown
    assert "as the test has it" in shown
    assert PHONE not in shown


@pytest.mark.parametrize(("words", "number"), [([], MASKED), (["--with-numbers"], "+819012345678")])
def test_an_export_masks_numbers_unless_told_not_to(
    client: SmsClient, store: WorkerStore, words: list[str], number: str
) -> None:
    """As CSV and as JSON. What a spreadsheet would take for a formula is a text."""
    end(client, store, "t1", State.REJECTED)

    [header, row] = csv.reader(zettai("dead-letters", "--csv", *words).stdout.splitlines())

    exported = dict(zip(header, row, strict=True))
    assert (exported["client_tag"], exported["to"]) == ("t1", number)
    assert exported["reason"] == "'=as the test has it"
    assert lines(zettai("dead-letters", "--json", *words).stdout)[0]["to"] == number


def test_numbers_are_exported_not_shown(client: SmsClient) -> None:
    """A terminal keeps what it shows."""
    assert zettai("dead-letters", "--with-numbers").exit_code == 2


def test_a_dead_letter_is_sent_again_under_a_new_tag(client: SmsClient, store: WorkerStore) -> None:
    """Its number, lane and group stay; both records know each other, in their fields and their histories."""
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


def test_twice_is_once(client: SmsClient, store: WorkerStore) -> None:
    """The second time there is nothing to do, also where the first one was cut off before the records were tied."""
    end(client, store, "t1", State.REJECTED)
    client.send(PHONE, "text", client_tag="t1~r2")

    assert zettai("requeue", "t1", "--body=text", "--yes").exit_code == 0
    again = zettai("requeue", "t1", "--body=text", "--yes")

    assert again.exit_code == 1
    assert "it was already sent again as t1~r2" in again.stdout
    assert sorted(message.client_tag for message in client.list()) == ["t1", "t1~r2"]


def test_another_text_for_the_same_new_tag_is_a_conflict(client: SmsClient, store: WorkerStore) -> None:
    """Somebody else has sent it again meanwhile, with other words: told, and not sent."""
    end(client, store, "t1", State.REJECTED)
    client.send(PHONE, "their text", client_tag="t1~r2")

    result = zettai("requeue", "t1", "--body=our text", "--yes")

    assert result.exit_code == 1
    assert "is already used for another message" in result.stdout


def test_what_may_have_arrived_needs_a_word_more(client: SmsClient, store: WorkerStore) -> None:
    """delivery_unknown promises nothing."""
    end(client, store, "t1", State.DELIVERY_UNKNOWN)

    refused = zettai("requeue", "t1", "--body=text", "--yes")
    assert refused.exit_code == 1
    assert "--may-send-twice" in refused.stdout
    assert client.get("t1~r2") is None

    assert zettai("requeue", "t1", "--body=text", "--yes", "--may-send-twice").exit_code == 0
    assert client.get("t1~r2") is not None


@pytest.mark.parametrize("state", [State.DELIVERED, State.CANCELED, State.UNDELIVERED])
def test_other_ends_are_not_sent_again(client: SmsClient, store: WorkerStore, state: State) -> None:
    """With no word whatsoever."""
    end(client, store, "t1", state)

    assert zettai("requeue", "t1", "--body=text", "--yes", "--may-send-twice").exit_code == 1
    assert client.get("t1~r2") is None


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_nothing_is_sent_without_a_yes(client: SmsClient, store: WorkerStore, answer: str) -> None:
    """The preview comes first, and no is the default."""
    end(client, store, "t1", State.FAILED)

    result = zettai("requeue", "t1", "--body=text", input=answer)

    assert result.exit_code == 1
    assert "t1~r2" in result.stdout
    assert PHONE not in result.stdout
    assert client.get("t1~r2") is None


def test_what_arrived_while_the_operator_thought_is_not_sent_again(
    client: SmsClient, store: WorkerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the question comes after the provider's."""
    end(client, store, "t1", State.DELIVERY_UNKNOWN)

    def arrive(*_: object, **__: object) -> None:
        unknown = frozenset({State.DELIVERY_UNKNOWN})
        order = StateUpdate(client_tag="t1", expected_states=unknown, to=State.DELIVERED, reason="test")
        assert store.apply_updates([order]) == [State.DELIVERED]

    monkeypatch.setattr("typer.confirm", arrive)
    result = zettai("requeue", "t1", "--body=text", "--may-send-twice")

    assert result.exit_code == 1
    assert client.get("t1~r2") is None


def test_json_without_yes_is_a_preview(client: SmsClient, store: WorkerStore) -> None:
    """A program is never asked."""
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


def test_texts_come_from_a_file(client: SmsClient, store: WorkerStore, tmp_path: Path) -> None:
    """One for each tag; a letter without a text is told, and the others are sent."""
    end(client, store, "t1", State.EXPIRED, group="g")
    end(client, store, "t2", State.EXPIRED, group="g")
    file = tmp_path / "texts.csv"
    file.write_text('client_tag,body\nt1,"one\nof mine"\n', encoding="utf-8")

    result = zettai("requeue", "--group=g", f"--bodies={file}", "--yes")

    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "1 sent again; 1 not sent"
    assert store.redis.get(store.keys.body("t1~r2")) == "one\nof mine"
    assert client.get("t2~r2") is None


def test_a_text_comes_from_stdin(client: SmsClient, store: WorkerStore) -> None:
    """So that it shows up in no list of processes."""
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
    ],
)
def test_unclear_words_do_nothing(client: SmsClient, words: list[str]) -> None:
    """Which messages, and which texts: each is said once."""
    assert zettai("requeue", *words, "--yes").exit_code == 2


def test_an_unknown_tag_stops_all(client: SmsClient, store: WorkerStore) -> None:
    """More often a typing error."""
    end(client, store, "t1", State.FAILED)

    assert zettai("requeue", "t1", "nobody", "--body=x", "--yes").exit_code == 1
    assert client.get("t1~r2") is None
