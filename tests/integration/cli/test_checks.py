"""What the doctor judges, by tables."""

from datetime import timedelta

import pytest

from zettai_cli.operations.doctor import checks
from zettai_cli.operations.doctor.checks import Check, Result
from zettai_worker.limiter import LimiterState

OK, WARNING, FAILED, UNKNOWN = Result.OK, Result.WARNING, Result.FAILED, Result.UNKNOWN


def limit(*, paused: bool = False, override: float | None = None) -> LimiterState:
    """The rate limit as it may stand."""
    return LimiterState("600/second", 597.0, override, paused, None, 0, timedelta())


@pytest.mark.parametrize(
    ("check", "verdict"),
    [
        (checks.server({"redis_version": "7.2.4", "redis_mode": "standalone"}), OK),
        (checks.server({"redis_version": "6.2.0"}), OK),
        (checks.server({"redis_version": "6.0.16"}), FAILED),
        (checks.server({"redis_version": "7.2.4", "redis_mode": "cluster"}), FAILED),
        (checks.persistence({"aof_enabled": 1}, "everysec"), OK),
        (checks.persistence({"aof_enabled": 1}, None), OK),
        (checks.persistence({"aof_enabled": 1}, "no"), WARNING),
        (checks.persistence({"aof_enabled": 0}, "everysec"), FAILED),
        (checks.persistence({}, None), UNKNOWN),
        (checks.eviction({"maxmemory_policy": "noeviction"}), OK),
        (checks.eviction({"maxmemory_policy": "allkeys-lru"}), FAILED),
        (checks.eviction({}), UNKNOWN),
        (checks.clock(timedelta(seconds=-0.5)), OK),
        (checks.clock(timedelta(seconds=-5)), WARNING),
        (checks.clock(timedelta(minutes=5)), FAILED),
        (checks.visibility(timedelta(minutes=5), timedelta(minutes=1)), OK),
        (checks.visibility(timedelta(minutes=5), timedelta(minutes=3)), WARNING),
        (checks.certificate(timedelta(days=60), "TLSv1.2"), OK),
        (checks.certificate(timedelta(days=3), "TLSv1.2"), WARNING),
        (checks.workers(["express@a"]), OK),
        (checks.workers([]), FAILED),
        (checks.beat(1), OK),
        (checks.beat(0), FAILED),
        (checks.oldest(None), OK),
        (checks.oldest(timedelta(minutes=1)), OK),
        (checks.oldest(timedelta(hours=1)), WARNING),
        (checks.limit(limit()), OK),
        (checks.limit(limit(paused=True)), WARNING),
        (checks.limit(limit(override=100.0)), WARNING),
    ],
)
def test_verdicts(check: Check, verdict: Result) -> None:
    """What is found leads to a verdict, and whatever is not ok to an advice."""
    assert check.result is verdict
    assert bool(check.advice) is (verdict is not OK)


def test_an_unknown_server_is_not_called_too_old() -> None:
    """A managed Redis that tells nothing of itself is no failure."""
    assert checks.server({}).result is UNKNOWN
