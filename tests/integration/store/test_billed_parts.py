"""The counts of billed parts, which the script that records a final status makes."""

from datetime import datetime, timedelta
from importlib.resources import files

import pytest
from tests.support.store_helpers import accepted, update_one

from zettai import State
from zettai.core.months import Month
from zettai.core.store import WorkerStore
from zettai.core.store.billed_parts import MONTHS_KEPT, CountedParts
from zettai.core.times import JST, to_milliseconds

ACCEPTED, UNDELIVERED = frozenset({State.ACCEPTED}), frozenset({State.UNDELIVERED})


def _record(store: WorkerStore, tag: str, to: State | None, states: frozenset[State], **fields: str | int) -> None:
    update_one(store, tag, to, expected_states=states, claim_id=None, fields=fields)


def _counts(store: WorkerStore) -> dict[str, int]:
    return {one.carrier: one.parts for one in store.billed_parts() if one.parts}


def test_parts_are_counted_by_the_carrier_that_the_provider_found(store: WorkerStore) -> None:
    for parts, carrier in ((2, "docomo"), (1, "docomo"), (3, "au")):
        _record(store, accepted(store), State.DELIVERED, ACCEPTED, parts=parts, carrier_found=carrier)
    _record(store, accepted(store, carrier="au"), State.DELIVERED, ACCEPTED, parts=5)
    _record(store, accepted(store), State.DELIVERED, ACCEPTED)

    month = Month.of(store.now())
    assert sorted(store.billed_parts()) == [
        CountedParts(month, month, "au", 3),
        CountedParts(month, month, "docomo", 3),
        CountedParts(month, month, "unknown", 5),
    ]


def test_repeated_status_is_counted_once(store: WorkerStore) -> None:
    tag = accepted(store)
    for _ in range(2):
        _record(store, tag, State.DELIVERED, ACCEPTED, parts=2, carrier_found="au")

    assert _counts(store) == {"au": 2}


def test_later_status_replaces_the_count(store: WorkerStore) -> None:
    tag = accepted(store)
    _record(store, tag, State.UNDELIVERED, ACCEPTED, parts=1)
    assert _counts(store) == {"unknown": 1}
    _record(store, tag, State.DELIVERED, UNDELIVERED, parts=3, carrier_found="softbank")

    assert _counts(store) == {"softbank": 3}


def test_carrier_that_is_found_later_moves_the_count(store: WorkerStore) -> None:
    tag = accepted(store)
    _record(store, tag, State.UNDELIVERED, ACCEPTED, parts=1)
    _record(store, tag, None, UNDELIVERED, carrier_found="au")

    assert _counts(store) == {"au": 1}


def test_count_has_the_month_in_which_the_message_was_sent(store: WorkerStore) -> None:
    tag, last_month = accepted(store), Month.of(store.now()).plus(-1)
    store.redis.hset(store.keys.message(tag), "sent", to_milliseconds(last_month.start))

    _record(store, tag, State.DELIVERED, ACCEPTED, parts=1, carrier_found="au")

    assert store.billed_parts() == [CountedParts(last_month.plus(1), last_month, "au", 1)]


def test_old_months_are_purged(store: WorkerStore) -> None:
    month = Month.of(store.now())
    for age in range(MONTHS_KEPT + 3):
        store.redis.hset(store.keys.billed_parts, f"{month.plus(-age)} {month.plus(-age)} au", 1)

    assert store.purge_billed_parts() == 3

    assert min(one.counted for one in store.billed_parts()) == month.plus(1 - MONTHS_KEPT)
    assert store.purge_billed_parts() == 0


@pytest.mark.parametrize("year", [1970, 1999, 2000, 2024, 2026, 2100, 2400])
def test_script_knows_the_calendar(store: WorkerStore, year: int) -> None:
    """Each first and last moment of a month, and those of a leap day."""
    source = (files("zettai.core.store") / "lua/calendar.lua").read_text()
    script = source + "return day_in_japan(tonumber(ARGV[1]))"
    firsts = [Month(year, number).start for number in range(1, 13)]
    leap = datetime(year, 2, 28, 23, 59, tzinfo=JST) + timedelta(minutes=1)
    for moment in [*firsts, *(first - timedelta(milliseconds=1) for first in firsts), leap]:
        if moment.year >= 1970:
            assert store.redis.eval(script, 0, to_milliseconds(moment)) == moment.date().isoformat(), moment
