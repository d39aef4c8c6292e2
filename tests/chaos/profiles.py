"""The two profiles of the chaos test: a short one for each run of the tests, and the full one for `make chaos`."""

from tests.chaos.chaos_run import Profile
from tests.chaos.fault_schedule import Intensity
from tests.chaos.load import Mix
from tests.support.stack import SHORT_TIMES

SHORT = Profile(
    mix=Mix(bulk=300, normal=60, urgent=40, canceled=20, grouped=20, late=10, raced=20, seconds=7),
    intensity=Intensity(
        seconds=8,
        kills=4,
        stops=1,
        stopped=3.5,
        redis=0,
        redis_away=0,
        cut_clients=1,
        beat=0,
        outages=1,
        silences=0,
        provider_away=1,
        refusals=3,
        republish=4,
    ),
    times={**SHORT_TIMES, "GIVE_UP_AFTER": "15", "KDDI_WAIT": "6"},
    latency=0.1,
    settle_within=60,
    hang=1.5,
    threads=16,
    clock_offset=0,
)

FULL = Profile(
    mix=Mix(
        bulk=15_700,
        normal=2_000,
        urgent=1_400,
        canceled=200,
        grouped=200,
        late=100,
        kept=200,
        near=100,
        raced=100,
        seconds=110,
    ),
    intensity=Intensity(
        seconds=140,
        kills=26,
        stops=5,
        stopped=7,
        redis=3,
        redis_away=1.5,
        cut_clients=3,
        beat=2,
        outages=2,
        silences=2,
        provider_away=4,
        refusals=9,
        republish=30,
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
        "GIVE_UP_AFTER": "90",
        "SWEEP_INTERVAL": "2",
    },
    latency=0.03,
    settle_within=180,
    hang=3,
    threads=24,
    clock_offset=3600,
)
