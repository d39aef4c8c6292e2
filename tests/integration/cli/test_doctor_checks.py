"""The checks of `zettai doctor`."""

from datetime import timedelta

import pytest

from zettai.core.store.memory import MemoryUse
from zettai.core.store.suspension import Suspension
from zettai.core.times import now
from zettai_cli.operations.doctor import checks, redis_checks
from zettai_cli.operations.doctor.results import Check, Result
from zettai_worker.limiter import LimiterState
from zettai_worker.ticks import BeatStatus

OK, WARNING, FAILED, UNKNOWN = Result.OK, Result.WARNING, Result.FAILED, Result.UNKNOWN


def limit(*, paused: bool = False, override: float | None = None) -> LimiterState:
    """Return the state of a rate limit."""
    return LimiterState("600/second", 597.0, override, paused, None, 0, timedelta())


@pytest.mark.parametrize(
    ("check", "result"),
    [
        (redis_checks.server({"redis_version": "7.2.4", "redis_mode": "standalone"}), OK),
        (redis_checks.server({"redis_version": "7.0.15"}), OK),
        (redis_checks.server({"redis_version": "6.2.5"}), FAILED),
        (redis_checks.server({"redis_version": "7.2.4", "redis_mode": "cluster"}), FAILED),
        (redis_checks.persistence({"aof_enabled": 1}, "everysec"), OK),
        (redis_checks.persistence({"aof_enabled": 1}, None), OK),
        (redis_checks.persistence({"aof_enabled": 1}, "no"), WARNING),
        (redis_checks.persistence({"aof_enabled": 0}, "everysec"), FAILED),
        (redis_checks.persistence({}, None), UNKNOWN),
        (redis_checks.eviction({"maxmemory_policy": "noeviction"}), OK),
        (redis_checks.memory(None), WARNING),
        (redis_checks.memory(MemoryUse(used=500, limit=0, share=0)), WARNING),
        (redis_checks.memory(MemoryUse(used=500, limit=1000, share=0.79)), OK),
        (redis_checks.memory(MemoryUse(used=500, limit=1000, share=0.8)), WARNING),
        (redis_checks.memory(MemoryUse(used=500, limit=1000, share=0.9)), FAILED),
        (checks.only_to(None), OK),
        (checks.only_to(3), WARNING),
        (redis_checks.eviction({"maxmemory_policy": "allkeys-lru"}), FAILED),
        (redis_checks.eviction({}), UNKNOWN),
        (redis_checks.clock(timedelta(seconds=-0.5)), OK),
        (redis_checks.clock(timedelta(seconds=-5)), WARNING),
        (redis_checks.clock(timedelta(minutes=5)), FAILED),
        (checks.visibility(timedelta(minutes=5), timedelta(minutes=1)), OK),
        (checks.visibility(timedelta(minutes=5), timedelta(minutes=3)), WARNING),
        (checks.certificate(timedelta(days=60), "TLSv1.2"), OK),
        (checks.certificate(timedelta(days=3), "TLSv1.2"), WARNING),
        (checks.workers(["worker-1@a"]), OK),
        (checks.workers([]), FAILED),
        (checks.beat(BeatStatus(alive=True, lag=timedelta(seconds=1))), OK),
        (checks.beat(BeatStatus(alive=True, lag=timedelta(minutes=1))), FAILED),
        (checks.beat(BeatStatus(alive=False, lag=None)), FAILED),
        (checks.oldest(None), OK),
        (checks.oldest(timedelta(minutes=1)), OK),
        (checks.oldest(timedelta(hours=1)), WARNING),
        (checks.sender_codes({"12345": None, "77777": None}), OK),
        (checks.sender_codes({"12345": None, "77777": "Invalid smsCode"}), FAILED),
        (checks.sending([]), OK),
        (checks.sending([Suspension("77777", "Invalid smsCode", now(), circuit_open=False)]), FAILED),
        (checks.sending([Suspension(None, "code 300", now(), circuit_open=False)]), FAILED),
        (checks.billed_parts({}), OK),
        (checks.billed_parts({"au": 0, "docomo": 0}), OK),
        (checks.billed_parts({"au": 0, "docomo": -2}), WARNING),
        (checks.events({}, {}), OK),
        (checks.events({"billing": 50_000}, {}), OK),
        (checks.events({"billing": 50_001}, {}), WARNING),
        (checks.events({"billing": 0}, {"billing": 1}), WARNING),
        (checks.damaged(0), OK),
        (checks.damaged(2), FAILED),
        (checks.suppressions(None, None, 0), OK),
        (checks.suppressions("a", None, 0), OK),
        (checks.suppressions("a", "a", 2), OK),
        (checks.suppressions(None, "a", 2), OK),
        (checks.suppressions("b", "a", 2), FAILED),
        (checks.limit(limit()), OK),
        (checks.limit(limit(paused=True)), WARNING),
        (checks.limit(limit(override=100.0)), WARNING),
    ],
)
def test_check_returns_result(check: Check, result: Result) -> None:
    assert check.result is result
    assert bool(check.advice) is (result is not OK)


def test_unknown_redis_version_is_not_a_failure() -> None:
    assert redis_checks.server({}).result is UNKNOWN
