"""The profiles of the chaos test: a short one for each run of the tests, and two long ones for `make chaos`."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.chaos.fault_schedule import WORKERS, Intensity
from tests.chaos.mix import Mix
from tests.support.stack import SHORT_TIMES


@dataclass(frozen=True, slots=True)
class Profile:
    """How large a run is.

    Attributes:
        times: the times of the product in seconds, shortened so that their order stays.
        latency: seconds that the provider takes to answer.
        lag: seconds by which its lists are out of date: less than the settings allow.
        settle_within: seconds after the last fault in which each message must reach a final state.
        hang: seconds without an answer that some calls meet: more than a worker waits.
        clock_offset: seconds by which the second worker's wall clock is ahead. It then takes over the tasks that the
            first one left when it was killed; without it, only the sweep finds them in time.
    """

    mix: Mix
    intensity: Intensity
    times: Mapping[str, str]
    latency: float
    lag: float
    settle_within: float
    hang: float
    clock_offset: int


SHORT = Profile(
    mix=Mix(
        bulk=300,
        normal=60,
        urgent=40,
        canceled=20,
        grouped=20,
        late=10,
        raced=20,
        corrected=5,
        forbidden=1,
        opted_out=8,
        moved=20,
        chased=5,
        held=20,
        seconds=7,
    ),
    intensity=Intensity(
        seconds=8,
        kills=4,
        stops=1,
        suspensions=1,
        stopped=3.5,
        clock_jumps=2,
        redis=0,
        redis_away=0,
        cut_clients=1,
        beat=0,
        webhooks=1,
        receiver=2,
        outages=1,
        silences=0,
        provider_away=1,
        refusals=3,
        unknown_codes=1,
        republish=4,
        full=1,
        full_for=1.5,
    ),
    times={**SHORT_TIMES, "HTTP_TIMEOUT": "1", "LEASE": "3", "GIVE_UP_AFTER": "30", "KDDI_WAIT": "6"},
    latency=0.1,
    lag=1,
    settle_within=90,
    hang=1.5,
    clock_offset=0,
)

FULL = Profile(
    mix=Mix(
        bulk=15_147,
        normal=2_000,
        urgent=1_400,
        canceled=200,
        grouped=200,
        late=100,
        kept=200,
        near=100,
        raced=100,
        soon=100,
        corrected=25,
        forbidden=3,
        opted_out=50,
        moved=100,
        chased=50,
        held=100,
        seconds=110,
    ),
    intensity=Intensity(
        seconds=140,
        kills=26,
        stops=3,
        suspensions=3,
        stopped=7,
        clock_jumps=4,
        redis=3,
        redis_away=1.5,
        cut_clients=3,
        beat=2,
        webhooks=3,
        receiver=6,
        outages=2,
        silences=2,
        provider_away=4,
        refusals=9,
        unknown_codes=6,
        republish=30,
        full=1,
    ),
    times={
        "HTTP_TIMEOUT": "2",
        "LEASE": "6",
        "RETRY_AFTER": "0.3",
        "RETRY_CAP": "2",
        "HOLD_FOR": "1",
        "STATUS_CHECK_AFTER": "1",
        "KDDI_WAIT": "10",
        "OVERDUE_AFTER": "4",
        "GIVE_UP_AFTER": "200",
        "SWEEP_INTERVAL": "2",
    },
    latency=0.03,
    lag=3,
    # A group canceled just before its time ends by that time, the tolerance for clocks (5 minutes) and `status_lag`.
    settle_within=460,
    hang=3,
    clock_offset=3600,
)

SOAK_MESSAGES = int(os.environ.get("SOAK_MESSAGES") or 200_000)
"""Messages of the longest run. With fewer messages it is shorter in proportion."""

_SECONDS = 920 * SOAK_MESSAGES / 200_000
_TENTHS = max(1, round(_SECONDS / 100))

SOAK = replace(
    FULL,
    # Sends and checks of this run need nine tenths of the limit, so after pauses of a minute checks wait for minutes.
    times={**FULL.times, "GIVE_UP_AFTER": "600"},
    settle_within=760,
    mix=replace(
        FULL.mix,
        bulk=SOAK_MESSAGES - (FULL.mix.total - FULL.mix.bulk),
        seconds=_SECONDS,
    ),
    # One worker, beat and Redis are never killed, so that their memory is that of the whole run. A busy worker ends
    # when it loses its connection to Redis, so these are not cut either.
    intensity=replace(
        FULL.intensity,
        seconds=_SECONDS,
        kills=3 * _TENTHS,
        killed=WORKERS[:1],
        stops=_TENTHS,
        suspensions=_TENTHS,
        clock_jumps=2 * _TENTHS,
        redis=0,
        cut_clients=0,
        full=0,
        beat=0,
        outages=_TENTHS,
        silences=_TENTHS,
        # Each of these suspends sending for some 15 seconds. With as many as in the shorter run, half of the time would
        # be left, which is too little for this load.
        refusals=2 * _TENTHS,
        unknown_codes=_TENTHS,
        republish=10 * _TENTHS,
    ),
)
