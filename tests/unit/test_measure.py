"""What the benchmarks' arithmetic comes to, on instants whose result is known."""

import subprocess
import sys
import time

import pytest

from zettai_benchmarks.measure import (
    SECOND,
    coarsened,
    cpu_seconds,
    expand,
    pack,
    per_bin,
    process_tree,
    share_of_limit,
    worst_window,
)
from zettai_benchmarks.measurements import Sample, middle_of

EVEN = [number * SECOND // 600 for number in range(6_000)]
"""Ten seconds of 600 calls each."""

IN_BURSTS = sorted(second * SECOND + number for second in range(10) for number in range(600))
"""As many calls, all at the beginning of each second."""

SAMPLES: list[Sample] = [{"at": at * SECOND} for at in range(9)]
"""One each second, as processor time is told."""

BURN = "sum(i * i for i in range(3_000_000)); print(flush=True); input()"
"""A program that works, says so, and lives on."""


@pytest.mark.parametrize("instants", [EVEN, IN_BURSTS])
def test_the_whole_limit_is_used_however_it_is_spread(instants: list[int]) -> None:
    """Whole seconds are looked at, so that bursts count neither twice nor not at all."""
    assert share_of_limit(instants, 600, middle_of(instants, SAMPLES)) == 1.0
    assert worst_window(instants) == 600


def test_start_and_end_are_left_out() -> None:
    """From 2 s behind the first call to the last sample, in whole seconds."""
    assert middle_of(EVEN, SAMPLES) == (2 * SECOND, 8 * SECOND)


def test_what_went_before_is_not_looked_at() -> None:
    """Where messages are enqueued while workers send, the watch begins behind it."""
    assert middle_of(EVEN, SAMPLES[4:]) == (4 * SECOND, 8 * SECOND)


@pytest.mark.parametrize("instants", [[], EVEN[:1_700]])
def test_too_short_a_run_has_no_middle(instants: list[int]) -> None:
    """Rather than a figure made of chance."""
    with pytest.raises(ValueError, match="too short"):
        middle_of(instants, SAMPLES)


def test_bursts_are_seen_in_the_bins() -> None:
    """Bins without a call count too."""
    assert per_bin([5, 9_999, 10_000, 39_999]) == [2, 1, 0, 1]
    assert per_bin([]) == []


@pytest.mark.parametrize("instants", [[], [7], [7, 7, 9, 1_000_007]])
def test_packed_instants_come_back(instants: list[int]) -> None:
    """A file holds the raw data of a run, not a summary of it."""
    assert expand(pack(instants)) == instants


def test_a_coarse_run_keeps_its_rate() -> None:
    """And all else that it had."""
    assert coarsened({"measurements": {}, "arrivals": pack([5, 9_999, 10_000])}) == {
        "measurements": {},
        "calls_per_10_ms": [2, 1],
    }


def test_the_time_of_descendants_counts() -> None:
    """Those that live, and those that have ended and were waited for."""
    worker = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN!r}], input=b'x'); {BURN}"
    master = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {worker!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", master], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        started = time.process_time()
        exec(BURN.partition(";")[0])  # noqa: S102 - our own words
        once = time.process_time() - started

        assert len(process_tree([process.pid])) == 2
        assert cpu_seconds([process.pid]) > once
        process.communicate("\n")
    assert cpu_seconds([process.pid]) == 0
