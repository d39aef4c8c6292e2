"""The storm comes from the seed alone, and has everything that it was told to have."""

from tests.chaos.forms import FULL, SHORT
from tests.chaos.storm import RATE, REFUSALS, SUSTAINED, Kind, counted, faults, storm


def test_a_seed_brings_the_same_storm_again() -> None:
    """Another seed brings another."""
    assert storm(1, FULL.strength) == storm(1, FULL.strength) != storm(2, FULL.strength)


def test_the_full_storm_is_one() -> None:
    """What the proof promises to survive happens, and what is stopped or taken away comes back."""
    blows = counted(storm(1, FULL.strength))

    assert blows[Kind.KILL] >= 20
    assert blows[Kind.STOP] == blows[Kind.CONTINUE] > 0
    assert blows[Kind.REDIS_DOWN] == blows[Kind.REDIS_UP] > 0
    assert blows[Kind.OUTAGE] + blows[Kind.SILENCE] == blows[Kind.WELL] > 0
    assert FULL.mix.total == 20_000
    assert FULL.strength.stopped > float(FULL.times["LEASE"])
    assert SHORT.strength.stopped > float(SHORT.times["LEASE"])


def test_what_is_down_is_never_taken_down_again() -> None:
    """Redis comes back before it is killed the next time, for any seed."""
    for seed in range(50):
        order = [blow.kind for blow in storm(seed, FULL.strength) if blow.kind in {Kind.REDIS_DOWN, Kind.REDIS_UP}]
        assert order == [Kind.REDIS_DOWN, Kind.REDIS_UP] * FULL.strength.redis


def test_every_kind_of_fault_is_injected() -> None:
    """The sustained ones at the rate that is promised, the others now and then."""
    sustained = faults()

    assert {str(fault["kind"]) for fault in sustained} == set(SUSTAINED)
    assert abs(sum(float(str(fault["rate"])) for fault in sustained) - RATE) < 1e-9
    kinds = {blow.target for blow in storm(1, FULL.strength) if blow.kind is Kind.REFUSE}
    assert kinds == set(REFUSALS)
