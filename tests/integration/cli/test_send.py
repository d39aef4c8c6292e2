"""`zettai send`, `status` and `list`."""

import json
import os
import threading
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from rich.console import Console
from tests.integration.cli.helpers import PHONE, document, zettai

from zettai import Carrier, Lane, SmsClient, State
from zettai.core.store import StateUpdate, WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai_cli.messages.views import messages_view

SOON = timedelta(seconds=30)


@pytest.fixture
def store(redis_settings: str) -> WorkerStore:
    """Return the store of a worker."""
    return WorkerStore(connect(redis_settings), Keys("zettai"))


def end(store: WorkerStore, tag: str, state: State) -> None:
    """Move a message to a final state as a worker does."""
    [claim] = store.claim([tag], "claim", claim_timeout=timedelta(seconds=60), held_for=timedelta(seconds=60))
    order = StateUpdate(
        client_tag=tag,
        expected_states=frozenset({State.SUBMITTING}),
        claim_id=claim.claim_id,
        to=state,
        reason="as the test has it",
        due_in=SOON,
    )
    assert store.apply_updates([order]) == [state]


def test_send_records_one_message(client: SmsClient) -> None:
    result = zettai("send", PHONE, "hello", "--tag=t1", "--lane=urgent", "--group=g", "--carrier=au", "--json")
    assert result.exit_code == 0
    message = client.get("t1")
    assert message is not None
    assert document(result) == message.to_dict(with_metadata=True)
    assert (message.lane, message.group, message.carrier) == (Lane.URGENT, "g", "au")


def test_send_accepts_sender_and_metadata(client: SmsClient) -> None:
    words = ("--sender=12345", "--metadata", "order=A=1", "--metadata", "客=山田", "--tag=t1")
    assert zettai("send", PHONE, "hello", *words).exit_code == 0

    shown = zettai("status", "t1").stdout
    assert "12345" in shown
    assert "order: A=1" in shown
    assert "客: 山田" in shown
    assert document(zettai("status", "t1", "--json"))["metadata"] == {"order": "A=1", "客": "山田"}


@pytest.mark.parametrize("words", [("order",), ("a=1", "a=2")])
def test_metadata_that_is_no_pair_is_a_usage_error(client: SmsClient, words: tuple[str, ...]) -> None:
    result = zettai("send", PHONE, "hello", *(f"--metadata={word}" for word in words))

    assert (result.exit_code, list(client.list())) == (2, [])
    assert "KEY=VALUE" in result.stderr


def test_list_selects_by_sender_and_metadata(client: SmsClient) -> None:
    client.send(PHONE, "hello", client_tag="t1", sender="12345", metadata={"shop": "Osaka"})
    client.send(PHONE, "hello", client_tag="t2")

    for words in (("--sender=12345",), ("--metadata=shop=Osaka",)):
        assert document(zettai("list", "--json", *words))["client_tag"] == "t1"
    assert zettai("list", "--json", "--metadata=shop=Kyoto").stdout == ""


@pytest.mark.parametrize("words", [("list",), ("list", "--json"), ("dead-letters", "--json"), ("export", "-")])
def test_lists_do_not_show_metadata(client: SmsClient, words: tuple[str, ...]) -> None:
    client.send(PHONE, "hello", client_tag="t1", metadata={"customer": "Yamada"})

    assert "Yamada" not in zettai(*words).output


def test_send_accepts_send_time_and_expiry(client: SmsClient) -> None:
    zettai("send", PHONE, "later", "--tag=t1", "--at=2099-01-01T00:00Z", "--expires-in=PT5M")
    message = client.get("t1")
    assert message is not None
    assert message.send_at is not None
    assert message.send_at.isoformat() == "2099-01-01T09:00:00+09:00"
    assert message.expires_at - message.send_at == timedelta(minutes=5)


@pytest.mark.parametrize("words", [("--json",), ()])
def test_phone_numbers_are_masked(client: SmsClient, words: tuple[str, ...]) -> None:
    result = zettai("send", PHONE, "secret text", *words)
    assert "+81********78" in result.output
    assert PHONE[1:] not in result.output
    assert "secret text" not in result.output


def test_send_reads_body_from_stdin(client: SmsClient) -> None:
    zettai("send", PHONE, "-", "--tag=t1", input="from stdin\n")
    client.send(PHONE, "from stdin", client_tag="t1")


def test_same_tag_with_other_content_is_rejected(client: SmsClient) -> None:
    client.send(PHONE, "one", client_tag="t1")
    result = zettai("send", PHONE, "two", "--tag=t1")
    assert result.exit_code == 1
    assert "is already used for another message" in result.stderr


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("0312345678", "x"), "to: must be a Japanese mobile number"),
        ((PHONE, "x" * 661), "body: must have 1 to 660 characters, has 661"),
        ((PHONE, "x", "--at=2099-01-01T09:00"), "not a time with a time zone"),
        ((PHONE, "x", "--at=2001-01-01T09:00Z"), "must be in the future"),
        ((PHONE, "x", "--expires-in=soon"), "'soon' is not a positive duration"),
        ((PHONE, "x", "--lane=status"), "'status' is not a lane for messages"),
        ((PHONE, "x", "--carrier=willcom"), "willcom"),
        ((PHONE,), "Missing argument 'BODY'"),
    ],
)
def test_wrong_input_is_one_line_and_records_nothing(client: SmsClient, words: tuple[str, ...], problem: str) -> None:
    result = zettai("send", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    [line] = result.stderr.splitlines()
    assert problem in line
    assert list(client.list()) == []


@pytest.mark.parametrize(
    ("state", "code"), [(State.DELIVERED, 0), (State.REJECTED, 1), (State.UNDELIVERED, 1), (State.FAILED, 1)]
)
def test_wait_ends_in_the_final_state(client: SmsClient, store: WorkerStore, state: State, code: int) -> None:
    client.send(PHONE, "x", client_tag="t1")
    timer = threading.Timer(0.3, end, (store, "t1", state))
    timer.start()
    result = zettai("send", PHONE, "x", "--tag=t1", "--wait=20", "--json")
    timer.join()
    assert result.exit_code == code
    assert document(result)["state"] == state


def test_wait_times_out(client: SmsClient) -> None:
    result = zettai("send", PHONE, "x", "--wait=0.2")
    assert result.exit_code == 5
    assert "queued" in result.stdout


def test_status_shows_the_history(client: SmsClient, store: WorkerStore) -> None:
    client.send(PHONE, "x", client_tag="t1")
    end(store, "t1", State.REJECTED)
    shown = zettai("status", "t1").stdout
    for part in ("created", "submitting", "rejected", "as the test has it", "JST"):
        assert part in shown
    assert [event["state"] for event in document(zettai("status", "t1", "--json"))["history"]] == [
        "queued",
        "submitting",
        "rejected",
    ]


def test_status_of_unknown_tag_exits_with_1(client: SmsClient) -> None:
    result = zettai("status", "nobody", "--json")
    assert (result.exit_code, result.stdout) == (1, "")
    where = f"in {os.environ['ZETTAI_REDIS_URL']} with the prefix zettai"
    assert result.stderr == f"zettai: no message has the tag 'nobody' ({where})\n"


def test_list_applies_filters_and_limit(client: SmsClient) -> None:
    for number in range(3):
        client.send(PHONE, "x", client_tag=f"t{number}", group="g")
    client.send(PHONE, "x", client_tag="other")
    client.cancel("t0")
    shown = zettai("list", "--group=g", "--state=queued", "--limit=1", "--json").stdout
    assert [json.loads(line)["client_tag"] for line in shown.splitlines()] == ["t2"]


def test_list_shows_a_table(client: SmsClient) -> None:
    tag = "[red]" + "x" * 190
    client.send(PHONE, "x", client_tag=tag, group="g")
    assert tag in zettai("list").stdout


def test_list_shows_the_carrier_that_the_provider_found_or_else_the_given_one(client: SmsClient) -> None:
    sent = client.send(PHONE, "x", client_tag="t1", carrier="au")
    found = replace(sent, client_tag="t2", carrier_found=Carrier.DOCOMO)

    shown = StringIO()
    Console(file=shown, width=200).print(messages_view([sent, found]))

    assert [line.split()[-1] for line in shown.getvalue().splitlines()[1:]] == ["au", "docomo"]
    assert zettai("list").stdout.split().count("au") == 1
