"""The audit log, on a real server."""

import pytest
from tests.support.store_helpers import wait_a_millisecond

from zettai.core.store import WorkerStore, audit
from zettai.core.store.audit import LONGEST_DETAIL, PAGE, Actor, ActorKind, AuditAction

ALICE = Actor(ActorKind.USER, "alice", "ops-1")
SHOP = Actor(ActorKind.KEY, "shop", "web-1")


def test_entries_are_read_newest_first(store: WorkerStore) -> None:
    store.audit.record(AuditAction.PAUSE, ALICE, seconds=None)
    wait_a_millisecond(store)  # entries of people and of keys are ordered by millisecond
    store.audit.record(AuditAction.CANCEL_GROUP, SHOP, group="g", messages=3)

    newest, oldest = store.audit.read()

    assert (newest.action, str(newest.actor), newest.details) == (
        "cancel_group",
        "key:shop@web-1",
        {"group": "g", "messages": "3"},
    )
    assert (oldest.action, oldest.actor, oldest.details) == ("pause", ALICE, {})
    assert oldest.at <= newest.at <= store.now()


def test_log_is_read_in_pages(store: WorkerStore) -> None:
    for number in range(PAGE + 1):
        store.audit.record(AuditAction.CANCEL, ALICE, client_tag=f"t{number}")

    assert [entry.details["client_tag"] for entry in store.audit.read()] == [f"t{n}" for n in range(PAGE, -1, -1)]


def test_requests_of_an_api_key_do_not_push_out_what_people_did(
    store: WorkerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "MOST_ENTRIES", 100)
    for person in (ALICE, Actor(ActorKind.LOGIN, "bob", "web-1")):
        store.audit.record(AuditAction.PAUSE, person)

    for _ in range(1_000):
        store.audit.record(AuditAction.CANCEL, SHOP, client_tag="t")

    kept = [entry.actor.name for entry in store.audit.read()]
    assert kept[-2:] == ["bob", "alice"]
    assert 100 <= kept.count("shop") < 500  # Redis removes whole nodes of 100 entries


def test_long_detail_is_cut(store: WorkerStore) -> None:
    written = store.audit.record(AuditAction.SUPPRESS, ALICE, scope="x" * 1_000_000)

    assert next(store.audit.read()).details == written == {"scope": "x" * LONGEST_DETAIL}
