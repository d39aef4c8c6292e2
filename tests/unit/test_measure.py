"""The arithmetic of the benchmarks, on instants whose result is known."""

import subprocess
import sys
import time

import pytest

from zettai_benchmarks.measure import (
    SECOND,
    coarsened,
    cpu_seconds,
    expand,
    memory_bytes,
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
"""One sample each second."""

BURN = "sum(i * i for i in range(3_000_000)); print(flush=True); input()"
"""A program that uses the processor, prints a line, and waits."""


@pytest.mark.parametrize("instants", [EVEN, IN_BURSTS])
def test_share_of_limit_is_the_same_for_even_calls_and_bursts(instants: list[int]) -> None:
    assert share_of_limit(instants, 600, middle_of(instants, SAMPLES)) == 1.0
    assert worst_window(instants) == 600


def test_warm_up_and_end_are_left_out() -> None:
    assert middle_of(EVEN, SAMPLES) == (2 * SECOND, 8 * SECOND)


def test_time_before_the_first_sample_is_left_out() -> None:
    assert middle_of(EVEN, SAMPLES[4:]) == (4 * SECOND, 8 * SECOND)


@pytest.mark.parametrize("instants", [[], EVEN[:1_700]])
def test_too_short_run_is_an_error(instants: list[int]) -> None:
    with pytest.raises(ValueError, match="too short"):
        middle_of(instants, SAMPLES)


def test_empty_bins_are_counted() -> None:
    assert per_bin([5, 9_999, 10_000, 39_999]) == [2, 1, 0, 1]
    assert per_bin([]) == []


@pytest.mark.parametrize("instants", [[], [7], [7, 7, 9, 1_000_007]])
def test_packed_instants_are_unpacked_unchanged(instants: list[int]) -> None:
    assert expand(pack(instants)) == instants


def test_coarsened_run_has_counts_in_place_of_instants() -> None:
    assert coarsened({"measurements": {}, "arrivals": pack([5, 9_999, 10_000])}) == {
        "measurements": {},
        "calls_per_10_ms": [2, 1],
    }


def test_processor_time_of_descendants_is_counted() -> None:
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


def test_memory_of_descendants_is_counted() -> None:
    large = "data = bytearray(range(256)) * 400_000; print(flush=True); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {large!r}])"
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()

        assert 100e6 < memory_bytes([process.pid]) < 200e6
        process.communicate("\n")
    assert memory_bytes([process.pid]) == 0
