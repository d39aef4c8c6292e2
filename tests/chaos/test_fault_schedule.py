"""The fault schedule and the faults of the provider."""

from tests.chaos.fault_schedule import (
    RATE,
    REFUSALS,
    SUSTAINED,
    Kind,
    count_kinds,
    fault_schedule,
    provider_faults,
)
from tests.chaos.profiles import FULL, SHORT


def test_same_seed_gives_same_schedule() -> None:
    assert fault_schedule(1, FULL.intensity) == fault_schedule(1, FULL.intensity) != fault_schedule(2, FULL.intensity)


def test_full_schedule_has_every_fault_and_its_recovery() -> None:
    counts = count_kinds(fault_schedule(1, FULL.intensity))

    assert counts[Kind.KILL] >= 20
    assert counts[Kind.STOP] == counts[Kind.CONTINUE] > 0
    assert counts[Kind.REDIS_DOWN] == counts[Kind.REDIS_UP] > 0
    assert counts[Kind.OUTAGE] + counts[Kind.SILENCE] == counts[Kind.RECOVERY] > 0
    assert FULL.mix.total == 20_000
    assert FULL.intensity.stopped > float(FULL.times["LEASE"])
    assert SHORT.intensity.stopped > float(SHORT.times["LEASE"])


def test_redis_is_started_before_it_is_killed_again() -> None:
    for seed in range(50):
        kinds = [injection.kind for injection in fault_schedule(seed, FULL.intensity)]
        redis = [kind for kind in kinds if kind in {Kind.REDIS_DOWN, Kind.REDIS_UP}]
        assert redis == [Kind.REDIS_DOWN, Kind.REDIS_UP] * FULL.intensity.redis


def test_every_kind_of_provider_fault_is_injected() -> None:
    sustained = provider_faults()

    assert {str(fault["kind"]) for fault in sustained} == set(SUSTAINED)
    assert abs(sum(float(str(fault["rate"])) for fault in sustained) - RATE) < 1e-9
    kinds = {one.target for one in fault_schedule(1, FULL.intensity) if one.kind is Kind.REFUSE}
    assert kinds == set(REFUSALS)
