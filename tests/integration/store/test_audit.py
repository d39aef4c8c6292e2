"""The audit log, on a real server."""

from zettai.core.store import WorkerStore
from zettai.core.store.audit import PAGE, Actor, ActorKind, AuditAction

ALICE = Actor(ActorKind.USER, "alice", "ops-1")


def test_entries_are_read_newest_first(store: WorkerStore) -> None:
    store.audit.record(AuditAction.PAUSE, ALICE, seconds=None)
    store.audit.record(AuditAction.CANCEL_GROUP, Actor(ActorKind.KEY, "shop", "web-1"), group="g", messages=3)

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
