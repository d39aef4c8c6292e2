"""Commands in an installation with two accounts."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from tests.integration.cli.helpers import PHONE, document, settings, zettai
from tests.support.accounts import SHOP, SHOP_CLIENT_ID, SHOP_CODE, SHOP_TOKEN, write_accounts
from tests.support.store_helpers import MINUTE, claim_one, update_one

from zettai import State
from zettai.core.store import WorkerStore
from zettai.core.store.connection import connect
from zettai.core.store.keys import Keys
from zettai.core.tasks import TaskName
from zettai_simulator import SimulatorProcess
from zettai_worker.provider import ProviderClient, SendRequest


@pytest.fixture(autouse=True)
def environment(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the variables of a host with two accounts."""
    path = write_accounts(tmp_path, rate_limit="50/second", api_url="http://127.0.0.1:9")
    for name, value in {**settings(redis_url), "ZETTAI_ACCOUNTS_FILE": str(path)}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def stores(redis_url: str) -> Iterator[dict[str | None, WorkerStore]]:
    with connect(redis_url) as redis:
        yield {account: WorkerStore(redis, Keys("zettai", account), sms_code="12345") for account in (None, SHOP)}


def _send(*words: str) -> dict[str, Any]:
    return dict(document(zettai("send", PHONE, "hello", "--json", *words)))


def _listed(*words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in zettai("list", "--json", *words).stdout.splitlines()]


def test_send_by_account_or_by_sender() -> None:
    assert _send()["account"] is None
    assert _send("--account", SHOP)["account"] == SHOP
    assert _send("--sender", SHOP_CODE)["account"] == SHOP
    assert "account" in zettai("send", PHONE, "hello", "--account", "other").stderr
    shown = zettai("status", _send("--account", SHOP)["client_tag"]).stdout
    assert ["account", SHOP] in [line.split() for line in shown.splitlines()]


def test_lists_and_exports_by_account(tmp_path: Path) -> None:
    tags = {account: _send(*(["--account", account] if account else []))["client_tag"] for account in (None, SHOP)}

    assert [one["client_tag"] for one in _listed()] == [tags[SHOP], tags[None]]
    assert [one["client_tag"] for one in _listed("--account", SHOP)] == [tags[SHOP]]
    assert [one["client_tag"] for one in _listed("--account", "default")] == [tags[None]]
    assert "default, shop" in zettai("list", "--account", "other").stderr
    file = tmp_path / "export.csv"
    zettai("export", str(file))
    with file.open(encoding="utf-8", newline="") as lines:
        assert {row["client_tag"]: row["account"] for row in csv.DictReader(lines)} == {
            tags[None]: "",
            tags[SHOP]: SHOP,
        }


def test_files_name_the_account_by_an_option_or_a_mapped_column(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"to,body,account\n{PHONE},one,4711\n")
    other = tmp_path / "other.csv"
    other.write_text(f"to,body,contract\n{PHONE},two,{SHOP}\n{PHONE},three,default\n")

    zettai("send-csv", str(file), "--account", SHOP)
    zettai("send-csv", str(other), "--map", "contract=account", "--allow-duplicates")

    assert Counter(one["account"] for one in _listed()) == {None: 1, SHOP: 2}


def test_limits_are_shown_and_changed_by_account() -> None:
    both = [json.loads(line) for line in zettai("limiter", "show", "--json").stdout.splitlines()]
    assert [(one["account"], one["limit"]) for one in both] == [("default", "600/second"), (SHOP, "50/second")]

    assert "give --account" in zettai("limiter", "set", "10/second").stderr
    lowered = document(zettai("limiter", "set", "10/second", "--account", SHOP, "--json"))
    assert round(lowered["override"]) == 10
    assert document(zettai("limiter", "pause", "--account", SHOP, "--json"))["paused"]
    assert not document(zettai("limiter", "show", "--account", "default", "--json"))["paused"]
    for line in zettai("limiter", "resume", "--json").stdout.splitlines():
        assert not json.loads(line)["paused"]


def test_top_and_doctor_show_each_account(stores: dict[str | None, WorkerStore]) -> None:
    _send()
    _send("--account", SHOP)
    stores[SHOP].suspend("Exceed sending count.", retry_in=MINUTE)

    shown = document(zettai("top", "--once", "--json"))
    assert shown["states"]["queued"] == 2
    assert {name: one["held"] for name, one in shown["accounts"].items()} == {
        "default": None,
        SHOP: "Exceed sending count.",
    }
    assert "suspended: Exceed sending count." in zettai("top", "--once").stdout
    checks = {one["name"]: one["result"] for one in document(zettai("doctor", "--json"))["checks"]}
    assert (checks["sending"], checks[f"sending ({SHOP})"], checks[f"rate limit ({SHOP})"]) == ("ok", "failed", "ok")


def test_report_has_the_messages_of_all_accounts(stores: dict[str | None, WorkerStore]) -> None:
    for account in (None, SHOP):
        tag = _send("--group", "g", *(["--account", account] if account else []))["client_tag"]
        claim_one(stores[account], tag)
        update_one(stores[account], tag, State.REJECTED)

    report = document(zettai("report", "g", "--json"))

    assert (report["messages"], report["states"]) == (2, {"rejected": 2})


def test_dead_letters_are_sent_again_by_their_account(stores: dict[str | None, WorkerStore]) -> None:
    tags = {account: _send(*(["--account", account] if account else []))["client_tag"] for account in (None, SHOP)}
    for account, tag in tags.items():
        claim_one(stores[account], tag)
        update_one(stores[account], tag, State.REJECTED)

    letters = [json.loads(line) for line in zettai("dead-letters", "--json", "--account", SHOP).stdout.splitlines()]
    assert [one["client_tag"] for one in letters] == [tags[SHOP]]
    zettai("requeue", *tags.values(), "--body", "again", "--yes")

    queued = {one["requeued_from"]: one["account"] for one in _listed("--state", "queued")}
    assert queued == {tags[None]: None, tags[SHOP]: SHOP}


def test_all_reservations_of_the_confirmed_account_are_canceled(stores: dict[str | None, WorkerStore]) -> None:
    result = zettai("cancel-all-reservations", "--confirm", SHOP_CLIENT_ID)

    assert result.exit_code == 0
    assert stores[SHOP].redis.hexists(stores[SHOP].keys.bulk_cancels, "requested")
    assert not stores[None].redis.exists(stores[None].keys.bulk_cancels)
    [task] = stores[SHOP].redis.lrange("zettai:celery:urgent@shop", 0, -1)
    assert TaskName.CANCEL_ALL in task
    assert "not the client id" in zettai("cancel-all-reservations", "--confirm", "999").stderr


def test_reconcile_compares_each_account_with_its_own_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract of `shop` has a tag that the default account uses here: it is another message."""
    with (
        SimulatorProcess(delivery_after=0) as first,
        SimulatorProcess(token=SHOP_TOKEN, client_id=SHOP_CLIENT_ID, delivery_after=0) as second,
    ):
        monkeypatch.setenv("ZETTAI_API_URL", first.url)
        monkeypatch.setenv("ZETTAI_ACCOUNTS_FILE", str(write_accounts(tmp_path, api_url=second.url)))
        ours, other = (_send(*words)["client_tag"] for words in (["--account", SHOP], []))
        with closing(_shop_provider(second)) as provider:
            for tag in (ours, other):
                provider.send(SendRequest(PHONE, "hello", tag))

        found = [json.loads(line) for line in zettai("reconcile", "--json").stdout.splitlines()]

    assert {(one["account"], one["client_tag"], one["what"]) for one in found} == {
        (SHOP, ours, "taken_unrecorded"),
        (SHOP, other, "unknown_here"),
    }
    assert {one["client_tag"]: one["state"] for one in _listed()} == {ours: "delivered", other: "queued"}


def _shop_provider(simulator: SimulatorProcess) -> ProviderClient:
    second = timedelta(seconds=1)
    return ProviderClient(
        base_url=simulator.url,
        token=SecretStr(SHOP_TOKEN),
        client_id=SHOP_CLIENT_ID,
        sms_code=SHOP_CODE,
        connect_timeout=second,
        read_timeout=second,
    )


def test_live_test_of_doctor_uses_the_chosen_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with SimulatorProcess(token=SHOP_TOKEN, client_id=SHOP_CLIENT_ID, delivery_after=0) as simulator:
        monkeypatch.setenv("ZETTAI_ACCOUNTS_FILE", str(write_accounts(tmp_path, api_url=simulator.url)))

        zettai("doctor", "--live", "--to", PHONE, "--yes", "--account", SHOP, "--status-within", "1")

        assert {one["smsCode"] for one in simulator.records()} == {SHOP_CODE}
