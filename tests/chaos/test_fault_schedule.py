"""The fault schedule and the faults of the provider."""

import pytest
from tests.chaos.fault_schedule import Kind, count_kinds, fault_schedule
from tests.chaos.profiles import FULL, SHORT, SOAK, Profile
from tests.chaos.provider_faults import ALWAYS, RATE, REFUSALS, SUSTAINED, UNKNOWN_CODES, provider_faults

from zettai_simulator.faults import Fault


def test_same_seed_gives_same_schedule() -> None:
    assert fault_schedule(1, FULL.intensity) == fault_schedule(1, FULL.intensity) != fault_schedule(2, FULL.intensity)


def test_full_schedule_has_every_fault_and_its_recovery() -> None:
    counts = count_kinds(fault_schedule(1, FULL.intensity))

    assert counts[Kind.KILL] >= 20
    assert counts[Kind.STOP] == counts[Kind.CONTINUE] > 0
    assert counts[Kind.SUSPEND] == counts[Kind.RESUME] > 0
    assert counts[Kind.CLOCK_JUMP] % 4 == 0 < counts[Kind.CLOCK_JUMP]
    assert counts[Kind.REDIS_DOWN] == counts[Kind.REDIS_UP] > 0
    assert counts[Kind.REDIS_FULL] == counts[Kind.REDIS_ROOM] > 0
    assert counts[Kind.OUTAGE] + counts[Kind.SILENCE] == counts[Kind.RECOVERY] > 0
    assert FULL.mix.total == 20_000


@pytest.mark.parametrize("profile", [SHORT, FULL, SOAK])
def test_profile_fits_the_settings(profile: Profile) -> None:
    """A stopped worker loses its claims, and the provider's lists lag less than the settings allow."""
    assert profile.intensity.stopped > float(profile.times["LEASE"])
    assert profile.lag < 10 * float(profile.times["STATUS_CHECK_AFTER"])


def test_redis_is_started_before_it_is_killed_again() -> None:
    for seed in range(50):
        kinds = [injection.kind for injection in fault_schedule(seed, FULL.intensity)]
        redis = [kind for kind in kinds if kind in {Kind.REDIS_DOWN, Kind.REDIS_UP}]
        assert redis == [Kind.REDIS_DOWN, Kind.REDIS_UP] * FULL.intensity.redis


def test_every_kind_of_provider_fault_is_injected() -> None:
    sustained = provider_faults()[len(ALWAYS) :]
    schedule = fault_schedule(1, FULL.intensity)
    targets = {kind: {one.target for one in schedule if one.kind is kind} for kind in Kind}

    assert {fault["kind"] for fault in sustained} == set(SUSTAINED)
    assert abs(sum(fault["rate"] for fault in sustained) - RATE) < 1e-9
    assert targets[Kind.REFUSE] == set(REFUSALS)
    assert targets[Kind.UNKNOWN_CODE] == set(UNKNOWN_CODES)


@pytest.mark.parametrize("refuse", ["", *REFUSALS])
@pytest.mark.parametrize("code", ["", *UNKNOWN_CODES])
def test_simulator_knows_the_faults(refuse: str, code: str) -> None:
    faults = [Fault.from_mapping(values) for values in provider_faults(refuse=refuse, code=code)]

    codes = [str(fault.code) for fault in faults if fault.kind.startswith("code")]
    assert codes == ([] if not code else [code] if code == "110" else [code, code])


def test_quota_is_used_up_right_after_an_outage() -> None:
    schedule = fault_schedule(1, FULL.intensity)
    ends = [one.at + FULL.intensity.provider_away for one in schedule if one.kind is Kind.OUTAGE]
    used_up = [one.at for one in schedule if one.target == "quota"]

    assert ends
    assert all(any(0 < at - end < 1 for at in used_up) for end in ends)
