"""Cancellations of many reservations by one call: it is made once, and cancels only what was asked for."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.support.sides import Sides

from zettai import Lane, State
from zettai.core.new_message import NewMessage
from zettai.core.tasks import TaskName
from zettai.core.times import to_milliseconds
from zettai_worker.following.bulk_cancellation import SLOT_WAIT

GROUP = "launch"

MINUTE = timedelta(minutes=1)


@pytest.fixture
def canceling(sides: Sides, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the tags for which cancel tasks are published."""
    tags: list[str] = []

    def note(task: str, lane: str, chunk: list[str]) -> None:
        assert (task, lane) == (TaskName.CANCEL, "urgent")
        tags.extend(chunk)

    monkeypatch.setattr(sides.runtime.publisher, "publish", note)
    return tags


def _reserved(sides: Sides, number: int = 0, *, group: str | None = GROUP, **keywords: object) -> NewMessage:
    keywords = {"send_at": sides.later(), **keywords}
    one = sides.record(State.SCHEDULED, to=f"0901234{number:04}", group=group, **keywords)
    sides.send_unrecorded(one, group_tag=group)
    return one


def _request(sides: Sides, *messages: NewMessage, group: str | None = GROUP) -> None:
    """Do what the client does for a cancel of a group."""
    sides.store.cancel([one.client_tag for one in messages])
    sides.store.request_bulk_cancel(group)


def _follow_up(sides: Sides, one: NewMessage, *, at_most: int = 10) -> None:
    """Cancel a message at each time at which it is due."""
    for _ in range(at_most):
        if sides.message(one).state is not State.SCHEDULED:
            return
        sides.let_time_pass(one, sides.until_due(one) + timedelta(seconds=1))
        sides.work(sides.runtime.canceler, one)


def _state_there(sides: Sides, one: NewMessage) -> str:
    return str(sides.simulator.record_of(one.client_tag)["state"])


@pytest.mark.parametrize("code", [0, 200])
def test_group_is_canceled_by_one_call_and_a_look_at_each(sides: Sides, canceling: list[str], code: int) -> None:
    sides.simulator.set_behavior(canceled_again=code)
    ours, other = [_reserved(sides, number) for number in range(3)], _reserved(sides, 9, group="other")
    _request(sides, *ours)

    sides.runtime.bulk_canceler.cancel_group(GROUP)

    for one in ours:
        assert sides.until_due(one) <= timedelta()
        _follow_up(sides, one)
        assert (sides.message(one).state, sides.message(one).calls) == (State.CANCELED, 2)
    assert (sides.calls_of("cancelreservationall"), sides.calls_of("cancelreservation")) == (1, 0)
    assert _state_there(sides, other) == "reserved"
    assert canceling == []


@pytest.mark.parametrize("code", [0, 200])
def test_group_cancel_near_its_time_ends_after_three_calls(sides: Sides, canceling: list[str], code: int) -> None:
    """The message may be sent meanwhile, and its status is not listed at once."""
    sides.simulator.set_behavior(canceled_again=code)
    one = _reserved(sides, send_at=sides.store.now() + 4 * MINUTE)
    _request(sides, one)

    sides.runtime.bulk_canceler.cancel_group(GROUP)
    _follow_up(sides, one)

    assert (sides.message(one).state, sides.message(one).calls) == (State.CANCELED, 3)
    assert _state_there(sides, one) == "cancelled"


@pytest.mark.parametrize("fault", [{"kind": "ignored"}, {"kind": "http", "status": 500}, {"kind": "code", "code": 110}])
def test_group_cancel_that_does_nothing_is_made_for_each(
    sides: Sides, canceling: list[str], fault: dict[str, object]
) -> None:
    """Lists of the day, which lack a row or have an unreadable one, are not asked for."""
    sides.simulator.set_faults({**fault, "endpoint": "cancelreservationall"})
    one = _reserved(sides)
    _request(sides, one)

    sides.runtime.bulk_canceler.cancel_group(GROUP)
    assert sides.message(one).state is State.SCHEDULED
    sides.runtime.engine.add(sides.runtime.canceler, Lane.URGENT, canceling or [one.client_tag])

    assert (sides.message(one).state, _state_there(sides, one)) == (State.CANCELED, "cancelled")
    assert canceling == ([] if fault["kind"] == "ignored" else [one.client_tag])


def test_list_that_is_out_of_date_after_a_group_cancel_is_asked_again(sides: Sides, canceling: list[str]) -> None:
    one = _reserved(sides)
    _request(sides, one)
    sides.simulator.set_faults(
        {"kind": "ignored", "endpoint": "cancelreservationall"},
        {"kind": "code", "code": 200, "endpoint": "cancelreservation"},
    )
    sides.runtime.bulk_canceler.cancel_group(GROUP)

    sides.work(sides.runtime.canceler, one)
    assert (sides.message(one).state, sides.message(one).calls) == (State.SCHEDULED, 2)
    assert sides.until_due(one) > sides.runtime.settings.status_lag - MINUTE
    sides.simulator.cancel_in_console(one.client_tag)
    _follow_up(sides, one)

    assert (sides.message(one).state, sides.message(one).calls) == (State.CANCELED, 4)


def _repeated(sides: Sides, _: NewMessage) -> None:
    sides.runtime.bulk_canceler.cancel_group(GROUP)


def _late(sides: Sides, _: NewMessage) -> None:
    at = to_milliseconds(sides.store.now() - timedelta(seconds=61))
    sides.store.redis.hset(sides.store.keys.bulk_cancels, f"requested {GROUP}", at)


def _mixed(sides: Sides, _: NewMessage) -> None:
    _reserved(sides, 1)


@pytest.mark.parametrize("happens", [_repeated, _late, _mixed])
def test_group_cancel_cancels_only_what_was_asked_for(
    sides: Sides, canceling: list[str], happens: Callable[[Sides, NewMessage], None]
) -> None:
    """The task is delivered twice, comes late, or a corrected message was reserved in the group meanwhile."""
    asked = _reserved(sides)
    _request(sides, asked)
    happens(sides, asked)
    before = sides.calls_of("cancelreservationall")
    corrected = _reserved(sides, 2)

    sides.runtime.bulk_canceler.cancel_group(GROUP)
    sides.work(sides.runtime.canceler, asked)

    assert sides.calls_of("cancelreservationall") == before
    assert (sides.message(asked).state, _state_there(sides, asked)) == (State.CANCELED, "cancelled")
    assert _state_there(sides, corrected) == "reserved"
    assert sides.message(corrected).state is State.SCHEDULED
    assert set(canceling) <= {asked.client_tag}


def test_second_cancel_of_all_reservations_does_nothing(sides: Sides, canceling: list[str]) -> None:
    """The first one also cancels the reservations of other systems."""
    before, theirs = _reserved(sides, 1, group=None), _reserved(sides, 2, group="theirs")
    sides.store.redis.delete(sides.store.keys.message(theirs.client_tag))
    sides.store.redis.zrem(sides.store.keys.state(State.SCHEDULED), theirs.client_tag)
    _request(sides, before, group=None)
    sides.runtime.bulk_canceler.cancel_all("1234")
    since = _reserved(sides, 3, group=None)

    sides.runtime.bulk_canceler.cancel_all("1234")

    assert sides.calls_of("cancelreservationall") == 1
    assert [_state_there(sides, one) for one in (before, theirs, since)] == ["cancelled", "cancelled", "reserved"]
    _follow_up(sides, before)
    assert sides.message(before).state is State.CANCELED
    assert canceling == []


def test_call_is_not_made_after_its_time(sides: Sides, canceling: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine was suspended while the call waited for its slot."""
    one = _reserved(sides)
    _request(sides, one)
    after = sides.store.now() + SLOT_WAIT + MINUTE
    monkeypatch.setattr(sides.runtime.limiter, "acquire", lambda *_, **__: after)

    sides.runtime.bulk_canceler.cancel_group(GROUP)

    assert sides.calls_of("cancelreservationall") == 0
    assert canceling == [one.client_tag]


def test_nothing_is_reserved_in_the_group_during_the_call(
    sides: Sides, canceling: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, waiting = _reserved(sides), sides.record(to="09012349999", group=GROUP, send_at=sides.later())
    _request(sides, one)
    claimed: list[object] = []

    def claim() -> list[object]:
        return list(sides.store.claim([waiting.client_tag], "other", claim_timeout=MINUTE, held_for=MINUTE))

    def call(**_: object) -> None:
        claimed.extend(claim())

    monkeypatch.setattr(sides.runtime.provider, "cancel_reservations", call)

    sides.runtime.bulk_canceler.cancel_group(GROUP)

    assert claimed == []
    sides.store.process_due([waiting.client_tag], held_for=MINUTE, give_up_after=MINUTE)
    assert len(claim()) == 1


def test_unconfirmed_cancel_of_all_reservations_makes_no_call_and_blocks_nothing(sides: Sides) -> None:
    one = sides.record(send_at=sides.later())
    sides.store.request_bulk_cancel(None)

    with pytest.raises(ValueError, match="no reservation was canceled"):
        sides.runtime.bulk_canceler.cancel_all("4321")

    assert sides.calls_of("cancelreservationall") == 0
    assert sides.store.claim([one.client_tag], "other", claim_timeout=MINUTE, held_for=MINUTE)


def test_nothing_is_reserved_while_the_outcome_of_the_call_is_unknown(sides: Sides, canceling: list[str]) -> None:
    one, waiting = _reserved(sides), sides.record(to="09012349999", group=GROUP, send_at=sides.later())
    _request(sides, one)
    sides.simulator.set_faults({"kind": "cut_after", "endpoint": "cancelreservationall"})

    sides.runtime.bulk_canceler.cancel_group(GROUP)

    assert not sides.store.claim([waiting.client_tag], "other", claim_timeout=MINUTE, held_for=MINUTE)
    assert canceling == [one.client_tag]
