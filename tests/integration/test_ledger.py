"""The ledger on a real server: rights, doubts, bodies, history and what is forgotten."""

from datetime import timedelta

import pytest

from producers.lanes import Lane
from producers.ledger import ClaimKind, WorkLedger
from producers.ledger.scripts import HISTORY_LENGTH
from producers.ledger.work import ForbiddenTransition
from producers.states import AT_PROVIDER, FINAL, State
from producers.times import now, to_milliseconds
from tests.support.orders import MINUTE, a_draft, accepted, claim_one, settle_one

NO_TIME = timedelta(0)
A_MOMENT = timedelta(milliseconds=1)


def _pass_a_moment(ledger: WorkLedger) -> None:
    """Until the clock of Redis, by which the ledger goes, has gone on."""
    before = ledger.now()
    while ledger.now() <= before + A_MOMENT:
        pass


def _state(ledger: WorkLedger, tag: str) -> State | None:
    [message] = ledger.get([tag])
    return message.state if message else None


def _places(ledger: WorkLedger, tag: str) -> list[str]:
    """The indexes that would see to a message next."""
    keys = ledger.keys
    indexes = [
        keys.due_to_send,
        keys.due_to_check,
        *(keys.waiting(lane) for lane in (Lane.URGENT, Lane.NORMAL, Lane.BULK)),
    ]
    return [index for index in indexes if ledger.redis.zscore(index, tag) is not None]


def test_only_one_of_two_claims_succeeds(ledger: WorkLedger) -> None:
    """The right to send is given once."""
    one = a_draft()
    ledger.create([one])

    assert claim_one(ledger, one.client_tag, "first")
    assert not claim_one(ledger, one.client_tag, "second")


def test_a_claim_whose_answer_was_lost_can_be_repeated(ledger: WorkLedger) -> None:
    """The same token gets the same answer, and no attempt is counted twice."""
    one = a_draft()
    ledger.create([one])

    assert claim_one(ledger, one.client_tag) == claim_one(ledger, one.client_tag)


def test_a_tag_named_twice_is_claimed_once(ledger: WorkLedger) -> None:
    """A task that was put together carelessly, or by an attacker, sends nothing twice."""
    one = a_draft()
    ledger.create([one])

    assert len(ledger.claim([one.client_tag, one.client_tag], "token", lease=MINUTE, hold=MINUTE)) == 1


def test_an_answer_under_a_lost_lease_changes_nothing(ledger: WorkLedger) -> None:
    """Whoever slept through the lease comes too late."""
    one = a_draft()
    ledger.create([one])
    claim_one(ledger, one.client_tag, "sleeper", lease=NO_TIME)
    ledger.wake([one.client_tag], hold=MINUTE)
    claim_one(ledger, one.client_tag, "other")

    assert settle_one(ledger, one.client_tag, State.ACCEPTED, token="sleeper") is None
    assert _state(ledger, one.client_tag) is State.SUBMITTING


def test_a_lease_that_ran_out_leaves_doubt(ledger: WorkLedger) -> None:
    """The worker died, perhaps after the provider took it."""
    one = a_draft()
    ledger.create([one])
    claim_one(ledger, one.client_tag, lease=NO_TIME)

    assert ledger.take_due_to_send(lease=MINUTE) == [one.client_tag]
    assert ledger.wake([one.client_tag], hold=MINUTE) == {Lane.NORMAL: [one.client_tag]}
    claim = claim_one(ledger, one.client_tag, "next")
    assert claim is not None
    assert claim.unsure


def test_a_lease_that_stands_is_left_alone(ledger: WorkLedger) -> None:
    """A sweep that comes too early takes nobody's message away."""
    one = a_draft()
    ledger.create([one])
    claim_one(ledger, one.client_tag)

    assert ledger.wake([one.client_tag], hold=MINUTE) == {}
    assert _state(ledger, one.client_tag) is State.SUBMITTING


def test_due_work_is_leased_not_lost(ledger: WorkLedger) -> None:
    """What one took and did not do comes back when its lease ends, and not before."""
    tag = accepted(ledger)
    settle_one(ledger, tag, None, came_from=frozenset({State.ACCEPTED}), token=None, due_in=NO_TIME)

    assert ledger.take_due_to_check(lease=NO_TIME) == [tag]
    assert ledger.take_due_to_check(lease=MINUTE) == [tag]
    assert ledger.take_due_to_check(lease=MINUTE) == []


@pytest.mark.parametrize("state", sorted(FINAL | AT_PROVIDER))
def test_what_is_not_to_be_sent_cannot_be_claimed(ledger: WorkLedger, state: State) -> None:
    """However many tasks come by."""
    one = a_draft()
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, state)

    assert claim_one(ledger, one.client_tag, "another") is None
    assert _state(ledger, one.client_tag) is state


def test_a_forbidden_transition_is_refused(ledger: WorkLedger) -> None:
    """The table decides on the server, whoever asks, and nothing is changed."""
    tag = accepted(ledger)
    before = ledger.get([tag])

    with pytest.raises(ForbiddenTransition):
        settle_one(ledger, tag, State.QUEUED, came_from=frozenset({State.ACCEPTED}), token=None, fields={"parts": 3})

    assert ledger.get([tag]) == before


def test_the_body_is_erased_once_the_provider_has_it(ledger: WorkLedger) -> None:
    """Personal data is kept as long as it is needed, and no longer."""
    one = a_draft()
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, State.SUBMIT_UNKNOWN, due_in=NO_TIME)
    assert ledger.redis.get(ledger.keys.body(one.client_tag)) == "hello"
    ledger.wake([one.client_tag], hold=MINUTE)
    claim_one(ledger, one.client_tag)

    settle_one(ledger, one.client_tag, State.ACCEPTED)

    assert not ledger.redis.exists(ledger.keys.body(one.client_tag))


def test_a_repeat_is_told_from_a_conflict_even_without_the_body(ledger: WorkLedger) -> None:
    """The fingerprint outlives the body."""
    tag = accepted(ledger, client_tag="known")

    same, other = ledger.create([a_draft(client_tag=tag), a_draft(client_tag=tag, body="other")])

    assert (same.conflict, other.conflict) == (False, True)


def test_what_is_late_expires(ledger: WorkLedger) -> None:
    """An unsent message past its time ends, and is not handed out."""
    one = a_draft(expires_in=timedelta(milliseconds=1))
    ledger.create([one])
    while ledger.now() <= now() - MINUTE or _not_yet_expired(ledger, one.client_tag):
        pass

    assert claim_one(ledger, one.client_tag) is None
    assert _state(ledger, one.client_tag) is State.EXPIRED


def _not_yet_expired(ledger: WorkLedger, tag: str) -> bool:
    [message] = ledger.get([tag])
    return message is not None and ledger.now() <= message.expires_at


def test_doubt_past_its_time_is_only_looked_up(ledger: WorkLedger) -> None:
    """What may have been sent is neither sent again late, nor called expired."""
    one = a_draft(expires_in=timedelta(milliseconds=50))
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, State.SUBMIT_UNKNOWN, due_in=NO_TIME)
    ledger.wake([one.client_tag], hold=MINUTE)
    while _not_yet_expired(ledger, one.client_tag):
        pass

    claim = claim_one(ledger, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP


def test_a_retry_is_not_claimed_before_its_time(ledger: WorkLedger) -> None:
    """A task that comes by early (published twice, redelivered) does not undo the back-off."""
    one = a_draft()
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, State.QUEUED, due_in=MINUTE)

    assert claim_one(ledger, one.client_tag) is None


def test_a_reservation_is_claimed_with_its_time(ledger: WorkLedger) -> None:
    """The provider keeps what lies far enough ahead."""
    one = a_draft(send_at=now() + timedelta(hours=1))
    ledger.create([one])

    claim = claim_one(ledger, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.RESERVE


def test_a_near_time_waits_here(ledger: WorkLedger) -> None:
    """Too near for a provider that counts in minutes: it is due in the ledger at its time."""
    one = a_draft(send_at=now() + timedelta(seconds=5))
    ledger.create([one])

    assert claim_one(ledger, one.client_tag) is None
    assert _places(ledger, one.client_tag) == [ledger.keys.due_to_send]


def test_a_wish_to_cancel_comes_true_when_nothing_was_sent(ledger: WorkLedger) -> None:
    """The attempt failed for sure, so the wish needs nobody's leave."""
    one = a_draft()
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    assert ledger.cancel([one.client_tag]) == ["pending"]

    assert settle_one(ledger, one.client_tag, State.QUEUED, due_in=MINUTE) is State.CANCELED


def test_a_message_in_doubt_with_a_wish_is_never_sent_again(ledger: WorkLedger) -> None:
    """Only looked up: a second attempt could send what the caller wants canceled."""
    one = a_draft()
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, State.SUBMIT_UNKNOWN, due_in=NO_TIME)
    ledger.cancel([one.client_tag])
    ledger.wake([one.client_tag], hold=MINUTE)

    claim = claim_one(ledger, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP


def test_a_reservation_in_doubt_with_a_wish_is_made_sure_of(ledger: WorkLedger) -> None:
    """It is asked for again with the same tag, since only what the provider surely has can surely be canceled."""
    one = a_draft(send_at=ledger.now() + timedelta(hours=1))
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, State.SUBMIT_UNKNOWN, due_in=NO_TIME)
    ledger.cancel([one.client_tag])
    ledger.wake([one.client_tag], hold=MINUTE)

    claim = claim_one(ledger, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.RESERVE


def test_doubt_about_a_message_for_a_time_that_has_come_is_resolved_by_the_same_tag(ledger: WorkLedger) -> None:
    """Its worker died with it: a look-up alone would find nothing, for ever, and it would never be sent."""
    one = a_draft(send_at=ledger.now() + timedelta(seconds=1))
    ledger.create([one])
    _its_time_has_come(ledger, one.client_tag)
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, State.SUBMIT_UNKNOWN, due_in=NO_TIME)
    ledger.wake([one.client_tag], hold=MINUTE)

    claim = claim_one(ledger, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.SEND


def test_doubt_about_a_message_just_before_its_time_is_only_looked_up(ledger: WorkLedger) -> None:
    """Too near to be reserved, and to send it now would be early."""
    one = a_draft(send_at=ledger.now() + timedelta(hours=1))
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, State.SUBMIT_UNKNOWN, due_in=NO_TIME)
    ledger.wake([one.client_tag], hold=MINUTE)
    soon = to_milliseconds(ledger.now() + MINUTE)
    ledger.redis.hset(ledger.keys.message(one.client_tag), "send_at", soon)

    claim = claim_one(ledger, one.client_tag)

    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP


def _its_time_has_come(ledger: WorkLedger, tag: str) -> None:
    """Nobody waits for a full minute."""
    past = to_milliseconds(ledger.now() - MINUTE)
    ledger.redis.hset(ledger.keys.message(tag), "send_at", past)
    ledger.redis.zadd(ledger.keys.due_to_send, {tag: past})
    ledger.wake([tag], hold=MINUTE)


def test_a_lost_task_is_found_when_the_queue_is_empty(ledger: WorkLedger) -> None:
    """No task can be on its way."""
    one = a_draft()
    ledger.create([one])

    assert ledger.take_orphans(Lane.NORMAL, slack=NO_TIME) == [one.client_tag]


def test_a_backlog_holds_no_orphans(ledger: WorkLedger) -> None:
    """Behind a queue that still has tasks nobody is lost, however long it takes."""
    one = a_draft()
    ledger.create([one])
    ledger.redis.lpush(ledger.keys.queue(Lane.NORMAL), "a task")

    assert ledger.take_orphans(Lane.NORMAL, slack=NO_TIME) == []


def test_who_was_passed_by_is_an_orphan(ledger: WorkLedger) -> None:
    """A queue is first in, first out: a later message's claim proves that the earlier one's task is gone."""
    lost, later = a_draft(), a_draft()
    ledger.create([lost])
    _pass_a_moment(ledger)
    _pass_a_moment(ledger)
    ledger.create([later])
    ledger.redis.lpush(ledger.keys.queue(Lane.NORMAL), "a task")
    claim_one(ledger, later.client_tag)

    assert ledger.take_orphans(Lane.NORMAL, slack=timedelta(milliseconds=1)) == [lost.client_tag]


def test_a_hold_lets_one_try_in_a_while(ledger: WorkLedger) -> None:
    """When the time has come one message asks the provider, not all of them."""
    drafts = [a_draft() for _ in range(3)]
    ledger.create(drafts)
    assert ledger.hold_account("quota", again_in=A_MOMENT)
    _pass_a_moment(ledger)

    claims = ledger.claim([one.client_tag for one in drafts], "token", lease=MINUTE, hold=MINUTE)

    assert len(claims) == 1
    assert ledger.counts()[State.HELD] == 2


def test_a_success_ends_the_hold(ledger: WorkLedger) -> None:
    """The one that tried was taken, so the others may go."""
    one, other = a_draft(), a_draft()
    ledger.create([one, other])
    ledger.hold_account("quota", again_in=A_MOMENT)
    _pass_a_moment(ledger)
    claim_one(ledger, one.client_tag)

    settle_one(ledger, one.client_tag, State.ACCEPTED)

    assert claim_one(ledger, other.client_tag)


def test_an_alert_is_raised_once(ledger: WorkLedger) -> None:
    """However many messages meet the hold."""
    assert ledger.hold_account("quota", again_in=MINUTE)
    assert not ledger.hold_account("quota", again_in=MINUTE)


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


def test_a_hold_wakes_one_of_many(ledger: WorkLedger) -> None:
    """Thousands of held messages do not all set out to find that nothing has changed."""
    drafts = [a_draft() for _ in range(5)]
    tags = [one.client_tag for one in drafts]
    ledger.create(drafts)
    ledger.hold_account("quota", again_in=MINUTE)
    ledger.claim(tags, "token", lease=MINUTE, hold=NO_TIME)
    assert ledger.counts()[State.HELD] == 5

    ledger.hold_account("quota", again_in=NO_TIME)
    woken = ledger.wake(ledger.take_due_to_send(lease=MINUTE), hold=MINUTE)

    assert len(woken[Lane.NORMAL]) == 1
    assert ledger.no_longer_held() == []


def test_the_end_of_a_hold_wakes_all_in_order(ledger: WorkLedger) -> None:
    """They keep their place."""
    drafts = [a_draft() for _ in range(5)]
    tags = [one.client_tag for one in drafts]
    ledger.create(drafts)
    ledger.hold_account("quota", again_in=MINUTE)
    ledger.claim(tags, "token", lease=MINUTE, hold=MINUTE)

    ledger.release_account()

    assert ledger.no_longer_held() == tags
    assert ledger.wake(tags, hold=MINUTE) == {Lane.NORMAL: tags}


def test_doubt_waits_while_the_provider_is_down(ledger: WorkLedger) -> None:
    """Not even a look-up: nobody is there to ask. When it is only the quota, look-ups go on."""
    one = a_draft()
    ledger.create([one])
    claim_one(ledger, one.client_tag)
    settle_one(ledger, one.client_tag, State.SUBMIT_UNKNOWN, due_in=NO_TIME)
    ledger.wake([one.client_tag], hold=MINUTE)
    ledger.hold_account("provider down", again_in=MINUTE, outage=True)

    assert claim_one(ledger, one.client_tag) is None
    assert ledger.is_provider_down()

    ledger.release_account()
    ledger.hold_account("quota", again_in=MINUTE)
    ledger.wake([one.client_tag], hold=MINUTE)
    claim = claim_one(ledger, one.client_tag)
    assert claim is not None
    assert claim.kind is ClaimKind.LOOK_UP
    assert not ledger.is_provider_down()
