"""The sweep, which also reports groups that have suppressed messages only."""

import json
from datetime import timedelta

from tests.support.sides import Sides

from zettai import Settings, SmsClient
from zettai.core.store.events import read_events
from zettai.core.times import milliseconds
from zettai_worker.reconciliation.reconciler import GROUP_WAIT

SUPPRESSED, OTHER = "09012345678", "09011112222"


def _finished(sides: Sides) -> int:
    return sum(event.type.value == "group_finished" for event in read_events(sides.store.redis, sides.store.keys))


def _let_wait_pass(sides: Sides) -> None:
    """Let all emptied groups have waited long enough."""
    redis, key = sides.store.redis, sides.store.keys.emptied_groups
    for group, text in redis.hgetall(key).items():
        emptied = json.loads(text)
        earlier = emptied["at"] - milliseconds(GROUP_WAIT + timedelta(seconds=1))
        redis.hset(key, group, json.dumps({**emptied, "at": earlier}))


def test_campaign_that_begins_with_suppressed_numbers_is_finished_once(sides: Sides, redis_url: str) -> None:
    """The first of its two calls records suppressed numbers only."""
    with SmsClient(
        Settings.load(redis_url=redis_url, suppression_key="a key of suppressions, for tests only")
    ) as client:
        client.suppressions.add(SUPPRESSED)
        items = [{"to": to, "body": "sale", "group": "sale"} for to in [SUPPRESSED] * 500 + [OTHER]]
        results = list(client.send_many(items))
        sides.runtime.reconciler.sweep()
        assert _finished(sides) == 0

        last = results[-1].message
        assert last is not None
        client.cancel(last.client_tag)
        _let_wait_pass(sides)
        sides.runtime.reconciler.sweep()

    assert _finished(sides) == 1


def test_campaign_of_suppressed_numbers_is_finished_after_a_wait(sides: Sides, redis_url: str) -> None:
    with SmsClient(
        Settings.load(redis_url=redis_url, suppression_key="a key of suppressions, for tests only")
    ) as client:
        client.suppressions.add(SUPPRESSED)
        list(client.send_many({"to": SUPPRESSED, "body": "sale", "group": "sale"} for _ in range(501)))
    sides.runtime.reconciler.sweep()
    assert _finished(sides) == 0

    _let_wait_pass(sides)
    for _ in range(2):
        sides.runtime.reconciler.sweep()

    assert _finished(sides) == 1
