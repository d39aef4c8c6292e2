"""`zettai find`, `zettai erase` and `zettai audit`."""

import json
import os
import pwd
import socket
from pathlib import Path
from typing import Any

import pytest
from tests.integration.cli.helpers import PHONE, document, zettai
from tests.integration.store.test_erasure import everything_in
from tests.support.store_helpers import accepted

from zettai import Settings, SmsClient, State
from zettai.core.store import WorkerStore

INDEX_KEY = "a-key-of-the-index-that-is-for-tests"
TEXT = "the secret text"
USER = f"user:{pwd.getpwuid(os.getuid()).pw_name}@{socket.gethostname()}"


@pytest.fixture
def indexed(redis_settings: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the key of the index for commands and applications."""
    assert redis_settings
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setenv("ZETTAI_INDEX_KEY", INDEX_KEY)


def _lines(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in zettai(*words).stdout.splitlines()]


@pytest.mark.usefixtures("indexed")
def test_messages_are_found_by_the_number_as_people_write_it() -> None:
    with SmsClient.from_env() as client:
        client.send(PHONE, TEXT, client_tag="t1")
        client.send("09012345679", TEXT, client_tag="other")

        assert [message.client_tag for message in client.find("090-1234-5678")] == ["t1"]

    [found] = _lines("find", "090-1234-5678", "--json")
    assert (found["client_tag"], found["to"]) == ("t1", "+81********78")
    assert [one["client_tag"] for one in _lines("find", "+819012345678", "--scan", "--json")] == ["t1"]
    result = zettai("find", "08099999999")
    assert (result.exit_code, result.stdout) == (1, "no message to this number was found\n")
    assert zettai("find", "-", input="090 1234 5678\n").exit_code == 0


@pytest.mark.usefixtures("redis_settings")
def test_find_without_the_key_needs_scan(client: SmsClient) -> None:
    client.send(PHONE, TEXT, client_tag="t1")

    refused = zettai("find", PHONE)

    assert (refused.exit_code, "ZETTAI_INDEX_KEY" in refused.stderr) == (3, True)
    assert zettai("find", PHONE, "--scan").exit_code == 0
    wrong = zettai("find", "03-1234-5678")
    assert (wrong.exit_code, "3-1234" in wrong.stderr) == (2, False)


def test_erase_shows_a_preview_and_changes_nothing(client: SmsClient, store: WorkerStore) -> None:
    client.send(PHONE, TEXT, client_tag="open")
    accepted(store, client_tag="sent", to=PHONE)

    preview = document(zettai("erase", PHONE, "--json"))
    refused = zettai("erase", PHONE, input="n\n")

    assert preview == {"final": 0, "canceled_first": 1, "sent": 1, "damaged": 0, "erased": None, "pending": None}
    assert (refused.exit_code, client.get("open").state) == (1, State.QUEUED)  # type: ignore[union-attr]
    assert list(store.audit.read()) == []


def test_person_is_erased_everywhere(client: SmsClient, store: WorkerStore) -> None:
    client.send(PHONE, TEXT, client_tag="final", metadata={"name": "Yamada"})
    client.cancel("final")
    client.send(PHONE, TEXT, client_tag="open", metadata={"name": "Yamada"})
    client.send("09012345679", TEXT, client_tag="other")

    result = zettai("erase", "-", "--yes", "--json", input=PHONE)

    assert (result.exit_code, document(result)["erased"], document(result)["pending"]) == (0, 2, 0)
    assert [client.get(tag).state for tag in ("final", "open")] == 2 * [State.CANCELED]  # type: ignore[union-attr]
    text = everything_in(store.redis)
    assert [one for one in ("9012345678", "Yamada") if one in text] == []
    assert text.count(TEXT) == 1
    assert client.get("other").to == "+819012345679"  # type: ignore[union-attr]
    again = zettai("erase", PHONE, "--yes")
    assert (again.exit_code, again.stdout) == (1, "no message to this number was found\n")


def test_sent_message_is_erased_when_it_ends(client: SmsClient, store: WorkerStore) -> None:
    accepted(store, client_tag="sent", to=PHONE)
    with SmsClient(Settings.load(index_key=INDEX_KEY)) as indexing:
        indexing.send("09012345679", TEXT)

    result = zettai("erase", PHONE, "--yes")

    assert result.exit_code == 5
    assert "1 are erased when they reach a final state" in result.stdout
    assert client.get("sent").to == "+819012345678"  # type: ignore[union-attr]


def test_damaged_record_is_reported(client: SmsClient, store: WorkerStore) -> None:
    store.redis.hset(store.keys.message("damaged"), mapping={"to": "+819012345678", "state": "nonsense"})

    result = zettai("erase", PHONE, "--yes")

    assert client.get("damaged") is None
    assert (result.exit_code, "damaged records that stay: 1" in result.stdout) == (1, True)


def test_index_alone_is_used_on_request(indexed: None, client: SmsClient, store: WorkerStore) -> None:
    """A message from before the key is found by reading all records only."""
    accepted(store, client_tag="before", to=PHONE)
    with SmsClient.from_env() as indexing:
        indexing.send(PHONE, TEXT, client_tag="after")

    assert document(zettai("erase", PHONE, "--by-index", "--yes", "--json"))["erased"] == 1
    assert document(zettai("erase", PHONE, "--json"))["sent"] == 1
    assert (indexed, client.get("after").erased) == (None, True)  # type: ignore[union-attr]


ACTIONS = [
    (["cancel", "t1"], {"action": "cancel", "client_tag": "t1"}),
    (["cancel-group", "g", "--yes"], {"action": "cancel_group", "group": "g", "messages": "1"}),
    (["cancel-all-reservations", "--confirm=1234"], {"action": "cancel_all_reservations"}),
    (["replace", "t1", "--body=x"], {"action": "replace", "client_tag": "t1"}),
    (["requeue", "t1", "--body=x", "--yes"], {"action": "requeue", "messages": "0"}),
    (["find", PHONE], {"action": "find_number"}),
    (["find", PHONE, "--scan"], {"action": "find_number"}),
    (["export", "-", "--with-numbers"], {"action": "export_numbers", "command": "export"}),
    (["dead-letters", "--json", "--with-numbers"], {"action": "export_numbers", "command": "dead-letters"}),
    (["erase", PHONE, "--yes"], {"action": "erase", "messages": "1"}),
    (["limiter", "set", "300/second"], {"action": "set_rate", "rate": "300/second"}),
    (["limiter", "set", "--default"], {"action": "set_rate", "rate": "default"}),
    (["limiter", "pause", "60"], {"action": "pause", "seconds": "60"}),
    (["limiter", "resume"], {"action": "resume"}),
    (["suppressions", "add", PHONE, "--source=call-center"], {"action": "suppress", "source": "call-center"}),
    (["suppressions", "remove", PHONE], {"action": "unsuppress", "scope": "all of them"}),
    (["suppressions", "import", "numbers.csv"], {"action": "import_suppressions", "scope": "all"}),
    (["suppressions", "export", "-"], {"action": "export_suppressions"}),
    (["campaign", "pause", "g"], {"action": "control_campaign", "group": "g", "change": "pause"}),
    (["campaign", "resume", "g"], {"action": "control_campaign", "group": "g", "change": "resume"}),
    (["campaign", "set", "g", "--rate=5/second"], {"action": "control_campaign", "group": "g", "change": "set"}),
    (["suppressions", "clear", "--yes"], {"action": "clear_suppressions", "numbers": "0"}),
]


@pytest.mark.parametrize(("words", "expected"), ACTIONS, ids=[" ".join(words[:2]) for words, _ in ACTIONS])
def test_action_is_in_the_audit_log(
    indexed: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str], expected: dict[str, str]
) -> None:
    monkeypatch.setenv("ZETTAI_SUPPRESSION_KEY", "a key of suppressions, for tests only")
    monkeypatch.chdir(tmp_path)
    Path("numbers.csv").write_text(f"number\n{PHONE}\n", encoding="utf-8")
    with SmsClient.from_env() as client:
        client.send(PHONE, TEXT, client_tag="t1", group="g")

    zettai(*words)

    [entry] = _lines("audit", "--json")
    assert entry.items() >= {**expected, "by": USER}.items()
    assert (indexed, "9012345678" in str(entry), TEXT in str(entry)) == (None, False, False)


READING = [["status", "t1"], ["list"], ["export", "-"], ["dead-letters"], ["limiter", "show"], ["audit"]]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_reading_is_not_in_the_audit_log(client: SmsClient, store: WorkerStore, words: list[str]) -> None:
    client.send(PHONE, TEXT, client_tag="t1")

    zettai(*words)

    assert list(store.audit.read()) == []


@pytest.mark.usefixtures("redis_settings")
def test_audit_log_is_filtered() -> None:
    for words in (["limiter", "pause"], ["limiter", "resume"], ["cancel", "t1"]):
        zettai(*words)

    assert [one["action"] for one in _lines("audit", "--json", "--limit=2")] == ["cancel", "resume"]
    assert [one["action"] for one in _lines("audit", "--json", "--action=pause")] == ["pause"]
    assert _lines("audit", "--json", "--by=nobody") == []
    assert _lines("audit", "--json", "--since=2099-01-01T00:00Z") == []
    shown = zettai("audit").stdout.splitlines()
    assert shown[1].split()[3:] == ["cancel", USER, "client_tag=t1"]


def test_nothing_is_done_without_its_entry(client: SmsClient, store: WorkerStore) -> None:
    client.send(PHONE, TEXT, client_tag="t1")
    store.redis.set(store.keys.audit, "not a stream")

    assert zettai("cancel", "t1").exit_code == 4

    assert client.get("t1").state is State.QUEUED  # type: ignore[union-attr]
