"""What keeps the ledger whole and small: lost tasks, a short history, and what is forgotten."""

from datetime import timedelta

from tests.support.orders import (
    MINUTE,
    NO_TIME,
    a_draft,
    accepted,
    claim_one,
    pass_a_moment,
    settle_one,
)

from zettai.core.lanes import Lane
from zettai.core.states import State
from zettai.core.store import WorkLedger
from zettai.core.store.scripts import HISTORY_LENGTH


def test_a_lost_task_is_found_when_the_queue_is_empty(ledger: WorkLedger) -> None:
    """No task can be on its way."""
    one = a_draft()
    ledger.create([one])

    assert ledger.take_orphans(Lane.NORMAL, slack=NO_TIME) == [one.client_tag]


def test_who_was_passed_by_is_an_orphan(ledger: WorkLedger) -> None:
    """A queue is first in, first out: a later message's claim proves that the earlier one's task is gone."""
    lost, later = a_draft(), a_draft()
    ledger.create([lost])
    pass_a_moment(ledger)
    pass_a_moment(ledger)
    ledger.create([later])
    ledger.redis.lpush(ledger.keys.queue(Lane.NORMAL), "a task")
    claim_one(ledger, later.client_tag)

    assert ledger.take_orphans(Lane.NORMAL, slack=timedelta(milliseconds=1)) == [lost.client_tag]


def test_the_history_is_kept_short(ledger: WorkLedger) -> None:
    """The first line and the latest ones."""
    one = a_draft()
    ledger.create([one])
    for _ in range(HISTORY_LENGTH):
        claim_one(ledger, one.client_tag)
        settle_one(ledger, one.client_tag, State.QUEUED, due_in=NO_TIME)
        ledger.wake([one.client_tag], hold=MINUTE)

    [message] = ledger.get([one.client_tag])

    assert message is not None
    assert len(message.history) == HISTORY_LENGTH
    assert message.history[0].reason == "created"
    assert message.history[-1].state is State.QUEUED


def test_what_is_forgotten_leaves_no_trace(ledger: WorkLedger) -> None:
    """After the retention time record, body and every index entry are gone; what is under way stays."""
    gone = accepted(ledger, group="g")
    settle_one(ledger, gone, State.DELIVERED, came_from=frozenset({State.ACCEPTED}), token=None)
    stays = accepted(ledger, group="g")

    assert ledger.forget(retention=MINUTE) == 0
    assert ledger.forget(retention=-MINUTE) == 1

    assert ledger.get([gone]) == [None]
    assert list(ledger.tags(group="g")) == [stays]
    assert not [key for key in ledger.redis.scan_iter("*") if gone in str(key)]
    assert ledger.counts()[State.DELIVERED] == 0


def test_a_search_finds_each_message_once(ledger: WorkLedger) -> None:
    """More than one batch of them."""
    drafts = [a_draft(group="g") for _ in range(1200)]
    for start in range(0, len(drafts), 400):
        ledger.create(drafts[start : start + 400])

    found = [message.client_tag for message in ledger.find(state=State.QUEUED, group="g")]

    assert sorted(found) == sorted(one.client_tag for one in drafts)
